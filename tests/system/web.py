"""Web servers of CAs: files at paths, and the OCSP responder of OpenSSL."""
import http.server
import threading

from place import free_port


class Web:
    """pages: path → bytes, or a function of the request handler. asked: the paths, in order."""

    def __init__(self, place):
        self.pages = {}
        self.asked = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                web.asked.append(self.path)
                page = web.pages.get(self.path)
                if callable(page):
                    page(self)
                elif page is None:
                    self.send_error(404)
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(page)))
                    self.end_headers()
                    self.wfile.write(page)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # who asked has gone away

        self.ended = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        place.later(self.close)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        self.ended.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    # Pages.
    def silent(self, _handler):
        self.ended.wait()

    def endless(self, handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while not self.ended.is_set():
                handler.wfile.write(b"0" * 65536)
        except OSError:
            pass


class Responder:
    """openssl ocsp for an authority. signer: by whose key it answers, if not the authority's. index:
    of which certificates it knows, if not the authority's."""

    def __init__(self, place, authority, signer=None, index=None, name="ocsp", port=None):
        self.port = port or free_port()
        signer = signer or authority.identity
        self.process = place.start(
            ["openssl", "ocsp", "-port", self.port, "-index", index or f"{authority.folder}/index",
             "-CA", authority.identity.cert, "-rsigner", signer.cert, "-rkey", signer.key,
             "-nmin", "60", "-ignore_err"], name)
        # It does not get over a connection that says nothing: none is made to see whether it is there.
        self.process.wait_for(lambda: "ACCEPT" in self.process.output(), "openssl ocsp listens")
        self.url = f"http://127.0.0.1:{self.port}/"
