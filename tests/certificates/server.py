"""HTTPS on a free port of localhost: files of a folder, and every way in which a server can misbehave."""

import http.server
import pathlib
import ssl
import sys
import time

certificate, key, folder = sys.argv[1:]


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        first, _, rest = self.path[1:].partition("/")
        getattr(self, "on_" + first, self.on_absent)(rest)

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def on_absent(self, _):
        self.answer(404, b"<html><body>No such key</body></html>", Content_Type="text/html")

    def on_files(self, name):
        self.answer(200, (pathlib.Path(folder) / name).read_bytes())

    def on_page(self, _):
        self.answer(200, b"<!DOCTYPE html><html><body>Log in</body></html>")

    def on_plain(self, name):
        self.answer(302, Location=f"http://localhost:{port}/files/{name}")

    def on_moved(self, name):
        self.answer(302, Location=f"/files/{name}")

    def on_loop(self, name):
        self.answer(302, Location=f"https://localhost:{port}/loop/{name}")

    def on_silent(self, _):
        time.sleep(60)

    def on_slow(self, name):
        self.answer(200)
        for byte in (pathlib.Path(folder) / name).read_bytes():
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.1)

    def on_huge(self, _):
        self.answer(200, Content_Length=str(2 << 30))
        self.pour()

    def on_endless(self, _):
        self.answer(200)
        self.pour()

    def pour(self):
        for _ in range(2 << 10):
            self.wfile.write(bytes(1 << 20))


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


class Threads(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        # the handshake is for the thread that answers
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, *_):
        pass


server = Threads(("localhost", 0), Server)
port = server.server_port
print(port, flush=True)
server.serve_forever()
