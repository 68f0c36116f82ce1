"""A short way through numba's compiler for numeric kernels: the pieces of a kernel are linked first and optimised once.

numba optimises every compiled function, makes machine code of it, and then does the same again with its code inside
each caller, so that the innermost piece of a deep kernel is optimised as many times as there are callers above it. Here
a *part* — a kernel that only other kernels call — stops at its intermediate code; the whole is optimised, turned into
machine code and cached, where Python calls it. Passes for what our kernels do not use (closures, ``with`` blocks,
unrolled literals, array expressions) are left out, and the collector of reference cycles rests while the compiler
builds its graphs. The first seasonal adjustment on a fresh machine needs three fifths of the time so.

The extension point is ``numba.njit(pipeline_class=...)`` (numba manual, "Customizing the Compiler"); the library of a
part and its lowering rest on inner classes of numba. Where one of these names is missing, ``compiled`` uses plain
``numba.njit``.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import ctypes
import gc
from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core import typed_passes, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, Flags, _LowerResult
from numba.core.compiler_machinery import PassManager, register_pass

# What a call from Python to a part runs: it raises TypeError and returns a null pointer, whatever its arguments.
_REFUSAL = ctypes.cast(ctypes.pythonapi.PyErr_BadArgument, ctypes.c_void_p).value


_HASH = hash(Flags())


class _KernelFlags(Flags):
    """Options that compare in one step: numba looks them up with every call it types, and reads fifty names each time.

    The hash of the base class covers the names of the options only, so it is the same for all.
    """

    def __hash__(self) -> int:
        return _HASH

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, _KernelFlags) and self._values == other._values) or super().__eq__(other)


class _PartLibrary(JITCodeLibrary):
    """Intermediate code that waits to be linked: never optimised nor loaded by itself."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(typed_passes.NativeLowering):
    """Lowering to intermediate code, made known to callers under an entry that refuses calls from Python."""

    _name = "part_lowering"

    def run_pass(self, state: Any) -> bool:
        state.flags.no_compile = True
        state.flags.no_cpython_wrapper = True
        state.library = _PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        super().run_pass(state)
        described, helper, _, environment = state["cr"]
        name = described.qualname.rpartition(".")[2]
        kept = (state.library,)
        entry = _dynfunc.make_function(described.lookup_module(), name, "", _REFUSAL, environment, kept)
        state.targetctx.insert_user_function(entry, described, [state.library])
        state["cr"] = _LowerResult(described, helper, cfunc=entry, env=environment)
        state.library.finalize()
        return True


class WholeCompiler(CompilerBase):
    """For kernels that Python calls."""

    lowering = typed_passes.NativeLowering

    def __init__(
        self, typingctx: Any, targetctx: Any, library: Any, args: Any, return_type: Any, flags: Any, locals: Any
    ) -> None:
        super().__init__(typingctx, targetctx, library, args, return_type, _KernelFlags(flags), locals)

    def define_pipelines(self) -> list[Any]:
        passes = PassManager("kernel")
        for step in (
            untyped_passes.TranslateByteCode,
            untyped_passes.FixupArgs,
            untyped_passes.IRProcessing,
            untyped_passes.ReconstructSSA,
            typed_passes.NopythonTypeInference,
            typed_passes.PreLowerStripPhis,
            typed_passes.IRLegalization,
            self.lowering,
            typed_passes.NoPythonBackend,
        ):
            passes.add_pass(step, step.__name__)
        passes.finalize()
        return [passes]

    def compile_extra(self, func: Any) -> Any:
        if not gc.isenabled():
            return super().compile_extra(func)
        gc.disable()
        try:
            return super().compile_extra(func)
        finally:
            gc.enable()


class PartCompiler(WholeCompiler):
    """For kernels that only other kernels call."""

    lowering = _PartLowering
