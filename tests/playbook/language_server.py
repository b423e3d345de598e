"""A small editor: talks to the real yaml-language-server (npm) over stdio, as the language server protocol says."""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

_PATIENCE_S = 60.0


class LanguageServer:
    """One running server that knows one schema. Positions are lines and columns from 0, as in the protocol."""

    def __init__(self, package: Path, node: Path, schema: Path) -> None:
        self._schema = schema
        self._ids = itertools.count(1)
        self._incoming: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process = subprocess.Popen(
            [str(node), str(package / "bin" / "yaml-language-server"), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        capabilities = {
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": False}},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True}},
                "publishDiagnostics": {},
                "hover": {"contentFormat": ["plaintext"]},
            },
        }
        self._request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": self._settings()})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def diagnostics(self, name: str, text: str) -> list[dict[str, Any]]:
        """What the server says about a new file with that text."""
        uri = f"file:///{name}"
        self._open(uri, text)
        message = self._until(
            lambda m: m.get("method") == "textDocument/publishDiagnostics" and m["params"]["uri"] == uri
        )
        found: list[dict[str, Any]] = message["params"]["diagnostics"]
        return found

    def completions(self, name: str, text: str) -> list[dict[str, Any]]:
        """What the server offers at the place marked `|` in a new file with that text."""
        before = text[: text.index("|")]
        self.diagnostics(name, text.replace("|", "", 1))
        found = self._request("textDocument/completion", self._position(name, before))
        items: list[dict[str, Any]] = found["items"] if isinstance(found, dict) else found
        return items

    def hover(self, name: str, text: str) -> str:
        """What the server tells about the word at the place marked `|`."""
        before = text[: text.index("|")]
        self.diagnostics(name, text.replace("|", "", 1))
        found = self._request("textDocument/hover", self._position(name, before))
        return json.dumps(found["contents"] if found else "")

    def _position(self, name: str, before: str) -> dict[str, Any]:
        lines = before.split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1])}
        return {"textDocument": {"uri": f"file:///{name}"}, "position": position}

    def _open(self, uri: str, text: str) -> None:
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})

    def _settings(self) -> dict[str, Any]:
        yaml = {
            "validate": True,
            "completion": True,
            "hover": True,
            "yamlVersion": "1.2",
            "schemas": {self._schema.as_uri(): ["*.yaml"]},
            # The server must not look for schemas on the net.
            "schemaStore": {"enable": False, "url": ""},
            "kubernetesCRDStore": {"enable": False, "url": ""},
        }
        return {"yaml": yaml, "http": {"proxy": "", "proxyStrictSSL": False}, "editor": {}, "files": {}}

    def _request(self, method: str, params: Any) -> Any:
        number = next(self._ids)
        self._send({"id": number, "method": method, "params": params})
        message = self._until(lambda m: m.get("id") == number and "method" not in m)
        assert "error" not in message, message
        return message.get("result")

    def _notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is wanted; the server's own questions are answered meanwhile."""
        while True:
            message = self._incoming.get(timeout=_PATIENCE_S)
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": self._answer(message)})
            if wanted(message):
                return message

    def _answer(self, question: dict[str, Any]) -> Any:
        if question["method"] != "workspace/configuration":
            return None
        return [self._settings().get(item.get("section"), {}) for item in question["params"]["items"]]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream
        while header := stream.readline():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
                while stream.readline().strip():
                    pass
                self._incoming.put(json.loads(stream.read(length)))
