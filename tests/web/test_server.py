"""The real server on a port: very long requests, the command's mistakes, the memory of what it answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qinggong.cli import app as command


def said(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(request)
        answer = b""
        while part := line.recv(65536):
            answer += part
    return answer


def test_a_query_of_a_million_characters_is_refused_in_words(port: int) -> None:
    answer = said(port, b"GET /search?q=" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 414") and "请缩短" in answer.decode()


@pytest.mark.parametrize(
    "request_line",
    [b"GET / HTTP/9.9", b"\x00\x01\x02", b"GET  HTTP/1.1", b"GET /%ff%fe HTTP/1.1", b"GET //// HTTP/1.1"],
)
def test_odd_requests_get_no_error_of_the_server(port: int, request_line: bytes) -> None:
    answer = said(port, request_line + b"\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b" 50" not in answer[:16]


def test_a_wrong_workspace_or_port_is_told_in_one_sentence(tmp_path: Path, port: int, full: Path) -> None:
    nowhere = CliRunner().invoke(command, ["serve", "--workspace", str(tmp_path)])
    assert nowhere.exit_code == 2 and "不是工作区" in nowhere.output
    # In a process of its own: a browser of other tests keeps this one's event loop.
    words = [sys.executable, "-m", "qinggong.cli", "serve", "--workspace", str(full), "--port", str(port)]
    taken = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert taken.returncode == 2
    assert "请换一个端口" in taken.stderr + taken.stdout
