"""Polishing by an endpoint of one's own: what says the same comes into the side file, the rest stays and says why."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from qinggong import flow


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[str]]]:
    """A service that joins clauses otherwise, and in paragraphs about exports changes a digit."""
    seen: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            text = body["messages"][-1]["content"]
            seen.append(text)
            said = text.replace("1", "2", 1) if "出口" in text else text.replace("；", "，", 1)
            answer = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
        server.shutdown()


def test_accepted_wording_becomes_an_edit_and_nothing_else_does(
    released: dict[str, flow.Released], endpoint: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, seen = endpoint
    root = Path(shutil.copytree(released["2024-08"].folder.parents[1], tmp_path / "ws"))
    workspace = flow.Workspace.at(root)
    with pytest.raises(flow.FlowError, match=r"\[polish\]"):
        flow.side_file(workspace, period="2024-08", polish=True)
    assert not seen
    with workspace.layout.config.open("a", encoding="utf-8") as config:
        config.write(f'\n[polish]\nurl = "{url}"\nmodel = "m"\n')
    done = flow.side_file(workspace, period="2024-08", polish=True)
    assert seen
    text = done.path.read_text(encoding="utf-8")
    edits = re.split(r"^## 改写：(?=[a-z_]+/[0-9a-f]+)", text, flags=re.MULTILINE)[1:]
    assert edits
    for one in edits:
        _, quoted, new = (part.strip() for part in one.strip().split("\n\n"))
        assert quoted.removeprefix("> ").replace("；", "，", 1) == new
        assert "出口" not in new
    assert any("数字与原文不同" in problem for problem in done.problems)
    again = flow.side_file(workspace, period="2024-08", polish=True)
    assert again.path.read_text(encoding="utf-8") == text
