"""Set the project up: a virtual environment with the locked packages and the project itself in it.

Runs on a bare Python >= 3.11 (standard library only), without root. ``make run`` and ``make test`` call it by
``scripts/setup.sh``. The packages come from ``requirements.lock`` (``requirements-test.lock``) with their hashes,
from the index that the user's own pip or uv settings name.

The environment is made by, whichever works first:

1. ``uv`` on PATH;
2. ``python -m venv`` with ``ensurepip``;
3. ``python -m venv --without-pip`` (Debian splits ``ensurepip`` off) and a pip from, in this order: this machine's
   own pip, a pip wheel on disk, the Debian package ``python3-pip-whl`` unpacked without root, the user's index.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import importlib.util
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import debian_packages
import index_settings

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
BIN = "Scripts" if os.name == "nt" else "bin"
STAMPS = {"run": ".ready-run", "test": ".ready-test"}
_DEBIAN_WHEELS = Path("/usr/share/python-wheels")
_UNREACHABLE = (
    "未能装齐依赖（原因见上文）。请检查网络，或在 pip.conf、PIP_INDEX_URL 或 UV_DEFAULT_INDEX 中设置可用的软件源 / "
    "the packages could not be installed (reason above): check the network, or set an index that you can reach in "
    "pip.conf, PIP_INDEX_URL or UV_DEFAULT_INDEX, and try again."
)
_BROKEN_TREE = (
    "未能安装本项目（原因见上文）。请确认文件完整（pyproject.toml、README.md、src），然后运行 make clean 并重试 / "
    "the project itself could not be installed (reason above): see that its files are complete, run `make clean`, "
    "and try again."
)


class SetupError(RuntimeError):
    """The set-up cannot go on; the text says in one sentence what the user can do."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Set up the virtual environment of the project.")
    parser.add_argument("--venv", default=".venv", help="folder of the environment (default: .venv)")
    parser.add_argument("--for", dest="purpose", choices=sorted(STAMPS), default="run", help="which packages")
    options = parser.parse_args(arguments)
    venv = Path(options.venv).expanduser().absolute()
    try:
        set_up(venv, purpose=options.purpose)
    except SetupError as error:
        print(f"安装未完成 / set-up failed: {error}", file=sys.stderr)
        return 1
    return 0


def set_up(venv: Path, *, purpose: str) -> None:
    """Make ``venv`` ready for ``purpose`` (``run`` or ``test``); a stamp in it is written only at the very end."""
    if sys.version_info < OLDEST:
        raise SetupError(f"Python {sys.version.split()[0]} 过旧，请安装 3.11 或更高版本 / please install Python 3.11+.")
    for name in STAMPS.values():
        (venv / name).unlink(missing_ok=True)
    environment = _clean_environment()
    install = _installer(venv, environment)
    lock = ROOT / ("requirements-test.lock" if purpose == "test" else "requirements.lock")
    _say(f"安装依赖 / installing the packages of {lock.name}")
    install(["--require-hashes", "-r", str(lock)], else_say=_UNREACHABLE)
    _say("安装本项目 / installing the project itself")
    install(["--no-deps", "--no-build-isolation", "-e", str(ROOT)], else_say=_BROKEN_TREE)
    (venv / ".tree").write_text(str(ROOT), encoding="utf-8")
    for stamp in {"run", purpose}:
        (venv / STAMPS[stamp]).write_text("", encoding="utf-8")
    _say(f"就绪 / ready: {venv}")


# --- the environment and what installs into it -----------------------------------------------------------------


class Installer:
    """A command that installs into one environment, with the variables it runs under."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command = list(command)
        self.environment = dict(environment)

    def __call__(self, arguments: Sequence[str], *, else_say: str) -> None:
        done = subprocess.run([*self.command, *arguments], env=self.environment, cwd=ROOT, check=False)
        if done.returncode != 0:
            raise SetupError(else_say)


def _installer(venv: Path, environment: dict[str, str]) -> Installer:
    python = venv / BIN / ("python.exe" if os.name == "nt" else "python")
    uv = shutil.which("uv")
    if uv and _works([uv, "--version"], environment):
        if not _usable(venv, python):
            _say(f"创建虚拟环境 / creating the environment (uv, Python {_version()})")
            _remove(venv)
            _require([uv, "venv", "--quiet", "--python", sys.executable, str(venv)], environment)
        command = [uv, "pip", "install", "--quiet", "--python", str(python)]
        return Installer(command, index_settings.for_uv(environment))

    if importlib.util.find_spec("venv") is None:
        raise SetupError(
            "这个 Python 缺少 venv 模块，请安装 uv 或完整的 Python / this Python has no venv module: "
            "install uv or a complete Python, and try again."
        )
    pip_environment = index_settings.for_pip(environment)
    # Files of the user's own settings may ask for an install outside the environment; hashes are asked for by us.
    pip_environment.update(PIP_USER="0", PIP_REQUIRE_HASHES="0", PIP_REQUIRE_VIRTUALENV="0")
    pip_environment.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    quiet = ["install", "--quiet", "--no-warn-script-location", "--prefer-binary"]
    if not _usable(venv, python):
        _remove(venv)
        if importlib.util.find_spec("ensurepip") is not None:
            _say(f"创建虚拟环境 / creating the environment (venv, Python {_version()})")
            if not _works([sys.executable, "-m", "venv", str(venv)], environment):
                _remove(venv)
        if not python.exists():
            _say(f"创建虚拟环境 / creating the environment (venv without ensurepip, Python {_version()})")
            _require([sys.executable, "-m", "venv", "--without-pip", str(venv)], environment)
    if not _works([str(python), "-m", "pip", "--version"], environment):
        _add_pip(python, pip_environment)
    return Installer([str(python), "-m", "pip", *quiet], pip_environment)


def _usable(venv: Path, python: Path) -> bool:
    """Whether the environment exists, belongs to this folder and to the Python that runs now."""
    tree = venv / ".tree"
    if tree.exists() and tree.read_text(encoding="utf-8") != str(ROOT):
        return False
    code = "import sys; print(sys.version_info[:2])"
    try:
        shown = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return shown.returncode == 0 and shown.stdout.strip() == str(sys.version_info[:2])


def _remove(venv: Path) -> None:
    if not venv.exists():
        return
    if any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        raise SetupError(
            f"{venv} 不是虚拟环境，未作改动；请用 VENV=… 另选文件夹 / is not a virtual environment and was left alone: "
            "choose another folder by VENV=…"
        )
    shutil.rmtree(venv)


# --- pip without ensurepip --------------------------------------------------------------------------------------


def _add_pip(python: Path, environment: Mapping[str, str]) -> None:
    """Install the locked pip into the environment that has none, by the first pip that can be found."""
    version, hashes = _locked_pip()
    with tempfile.TemporaryDirectory(prefix="qinggong-pip-") as folder:
        requirement = Path(folder) / "pip.lock"
        lines = [f"pip=={version}", *(f"--hash=sha256:{value}" for value in sorted(hashes))]
        requirement.write_text(" \\\n    ".join(lines) + "\n", encoding="utf-8")
        for origin, command in _pips(python, environment, Path(folder), version, hashes):
            install = [*command, "install", "--quiet", "--require-hashes", "-r", str(requirement)]
            if _works([*command, "--version"], environment):
                _say(f"没有 ensurepip，pip 取自 / no ensurepip, pip from: {origin}")
                if subprocess.run(install, env=dict(environment), check=False).returncode == 0:
                    return
    raise SetupError(
        "这个 Python 没有 pip，也找不到可用的 pip。请安装 uv（或 Debian 的 python3-venv），"
        "或设置 PIP_INDEX_URL 后重试 / "
        "this Python has no pip and none could be fetched: install uv (or Debian's python3-venv), or set "
        "PIP_INDEX_URL, and try again."
    )


def _pips(
    python: Path, environment: Mapping[str, str], folder: Path, version: str, hashes: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    """Commands that run some pip for ``python``, the cheapest first; each is made only when asked for."""
    for other in dict.fromkeys((sys.executable, shutil.which("python3"))):
        if other and _works([other, "-m", "pip", "--version"], environment):
            yield f"{other} -m pip", [other, "-m", "pip", "--python", str(python)]
    for wheel in _wheels_on_disk(environment, version, hashes):
        yield str(wheel), _run_wheel(python, wheel)
    if debian_packages.available():
        try:
            debian_packages.unpack("python3-pip-whl", into=folder / "debian", with_dependencies=False)
        except debian_packages.DebianError as error:
            _say(f"Debian python3-pip-whl: {error}")
        for wheel in sorted((folder / "debian").rglob("pip-*.whl")):
            yield f"Debian python3-pip-whl ({wheel.name})", _run_wheel(python, wheel)
    fetched = _fetch_pip(environment, folder, version, hashes)
    if fetched is not None:
        yield "软件源 / the index", _run_wheel(python, fetched)


def _run_wheel(python: Path, wheel: Path) -> list[str]:
    """A pip wheel runs without being installed; isolated imports keep the wheel's neighbours out."""
    return [str(python), str(wheel / "pip")]


def _wheels_on_disk(environment: Mapping[str, str], version: str, hashes: frozenset[str]) -> list[Path]:
    """pip wheels of the distribution and of the user's find-links folders; the locked version comes first."""
    folders = [_DEBIAN_WHEELS]
    for link in index_settings.pip_settings(environment).get("find-links", "").replace(",", " ").split():
        path = Path(urllib.request.url2pathname(urllib.parse.urlsplit(link).path) if link.startswith("file:") else link)
        folders.append(path.expanduser())
    found = [wheel for folder in folders if folder.is_dir() for wheel in sorted(folder.glob("pip-*-none-any.whl"))]
    locked = [w for w in found if w.name.startswith(f"pip-{version}-") and _sha256(w.read_bytes()) in hashes]
    return locked + [wheel for wheel in reversed(found) if wheel not in locked]


def _locked_pip() -> tuple[str, frozenset[str]]:
    """Version and SHA-256 hashes of pip in ``requirements.lock``."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entry = re.search(r"^pip==(\S+)((?:[^\n]*\\\n)+[^\n]*)", text, flags=re.MULTILINE)
    if entry is None:
        raise SetupError("requirements.lock 中没有 pip / has no entry for pip: run `make lock` again.")
    return entry[1], frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry[2]))


def _fetch_pip(environment: Mapping[str, str], folder: Path, version: str, hashes: frozenset[str]) -> Path | None:
    """The locked pip wheel from the user's own index (simple page), checked against the lock; ``None`` if not there."""
    settings = index_settings.pip_settings(environment)
    indexes = [settings.get("index-url", ""), *settings.get("extra-index-url", "").split()]
    name = f"pip-{version}-py3-none-any.whl"
    for index in filter(None, indexes):
        page = index.rstrip("/") + "/pip/"
        try:
            text = _get(page, settings).decode("utf-8", errors="replace")
            for link in re.findall(r"""href\s*=\s*["']([^"']+)["']""", text):
                address = urllib.parse.urljoin(page, html.unescape(link))
                if Path(urllib.parse.urlsplit(address).path).name != name:
                    continue
                content = _get(address.partition("#")[0], settings)
                if _sha256(content) in hashes:
                    (folder / name).write_bytes(content)
                    return folder / name
        except (urllib.error.URLError, OSError, ValueError) as error:
            _say(f"软件源 / the index: {error}")
    return None


def _get(address: str, settings: Mapping[str, str]) -> bytes:
    parts = urllib.parse.urlsplit(address)
    request = urllib.request.Request(address)
    if parts.username:
        # urllib does not take a password out of the address by itself.
        host = parts.hostname + (f":{parts.port}" if parts.port else "") if parts.hostname else ""
        bare = urllib.parse.urlunsplit(parts._replace(netloc=host))
        manager = urllib.request.HTTPPasswordMgrWithPriorAuth()
        user, secret = urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
        manager.add_password(None, bare, user, secret, is_authenticated=True)
        request = urllib.request.Request(bare)
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPBasicAuthHandler(manager)]
    else:
        handlers = []
    context = ssl.create_default_context(cafile=settings.get("cert"))
    trusted = {host.partition(":")[0] for host in settings.get("trusted-host", "").split()}
    if parts.hostname in trusted:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    handlers.append(urllib.request.HTTPSHandler(context=context))
    if settings.get("proxy"):
        handlers.append(urllib.request.ProxyHandler({"http": settings["proxy"], "https": settings["proxy"]}))
    with urllib.request.build_opener(*handlers).open(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content


# --- small parts -------------------------------------------------------------------------------------------------


def _clean_environment() -> dict[str, str]:
    """This process's variables without those that would let packages outside the environment count as installed."""
    dropped = {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV", "CONDA_PREFIX"}
    return {key: value for key, value in os.environ.items() if key not in dropped}


def _works(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    try:
        return subprocess.run(command, env=dict(environment), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _require(command: Sequence[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        reason = lines[-1] if lines else f"exit code {done.returncode}"
        raise SetupError(
            f"未能创建虚拟环境（{reason}），请检查磁盘和权限 / "
            "the environment could not be created: check disk and permissions."
        )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version() -> str:
    return sys.version.split()[0]


def _say(text: str) -> None:
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
