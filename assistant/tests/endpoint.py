"""A language model of our own: an HTTP server that answers what a test scripts, and remembers what it was asked."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


def text(content):
    return {"choices": [{"message": {"role": "assistant", "content": content}}]}


def calls(*made):
    """Return a message that calls functions: pairs of a name and its arguments, as text or as an object."""
    called = [
        {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (name, arguments) in enumerate(made)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": called}
    return {"choices": [{"message": message, "finish_reason": "tool_calls"}]}


class Endpoint:
    """Answers one of `script` after the other, the last one for ever: a document, bytes, or a status.

    `silent` waits with each answer until the test is over; `dripping` sends a byte now and then until then.
    """

    def __init__(self):
        self.script = [text("Hello.")]
        self.silent = self.dripping = False
        self.asked = []
        self.headers = []
        self.over = Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                endpoint.asked.append(json.loads(body))
                endpoint.headers.append((self.path, dict(self.headers)))
                if endpoint.silent:
                    endpoint.over.wait(20)
                script = endpoint.script
                answer = script.pop(0) if len(script) > 1 else script[0]
                status = answer if isinstance(answer, int) else 200
                sent = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(sent) + 1000 * endpoint.dripping))
                self.end_headers()
                try:
                    while endpoint.dripping and not endpoint.over.wait(0.05):
                        self.wfile.write(b" ")
                    self.wfile.write(sent)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def sent(self):
        """All that the model was told, as one text."""
        return json.dumps([asked["messages"] for asked in self.asked])
