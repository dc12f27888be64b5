"""A web app in one file: a page, and a WebSocket that counts and echoes. Only Python's own library."""
import base64, hashlib, json, struct, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Web app · 网页应用</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1rem}
output{display:block;font-size:4rem;font-weight:700;font-variant-numeric:tabular-nums}
input,button{font:inherit;padding:.4rem .8rem;border-radius:.5rem;border:1px solid #8888}li{overflow-wrap:anywhere}</style>
<h1>Web app · 网页应用</h1><p id="state" role="status">connecting… 正在连接…</p><output id="count" aria-live="off">–</output>
<form id="form"><label>Say something · 说点什么 <input id="text" autocomplete="off"></label> <button>Send · 发送</button></form>
<ul id="log" aria-live="polite"></ul><script>
const at=id=>document.getElementById(id);let socket;
function connect(){socket=new WebSocket((location.protocol==="https:"?"wss://":"ws://")+location.host+"/ws");
socket.onopen=()=>at("state").textContent="connected 已连接";
socket.onclose=()=>{at("state").textContent="connecting… 正在连接…";setTimeout(connect,1000)};
socket.onmessage=event=>{const message=JSON.parse(event.data);
if("count" in message)at("count").textContent=message.count;
else{const line=document.createElement("li");line.textContent=message.echo;at("log").prepend(line)}}}
at("form").onsubmit=event=>{event.preventDefault();if(socket.readyState===1)socket.send(at("text").value);at("text").value=""};
connect();</script></html>"""

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
LONGEST = 1 << 20
STARTED = time.monotonic()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/ws" and self.headers.get("Upgrade", "").lower() == "websocket":
            return self.websocket()
        if path == "/healthz":
            return self.answer(200, "text/plain", "ok\n")
        if path == "/":
            return self.answer(200, "text/html; charset=utf-8", PAGE)
        return self.answer(404, "text/plain", "not found\n")

    def answer(self, status, kind, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def websocket(self):
        key = self.headers.get("Sec-WebSocket-Key", "")
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        self.send_response(101)
        for name, value in [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)]:
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        self.lock, self.open = threading.Lock(), True
        threading.Thread(target=self.count, daemon=True).start()
        try:
            self.read_frames()
        except OSError:
            pass
        self.open = False

    def count(self):
        try:
            while self.open:
                self.send(TEXT, json.dumps({"count": int(time.monotonic() - STARTED)}).encode())
                time.sleep(1)
        except OSError:
            self.open = False

    def read_frames(self):
        message = b""
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return
            final, code, size = head[0] & 0x80, head[0] & 0x0F, head[1] & 0x7F
            if size == 126:
                size = struct.unpack(">H", self.rfile.read(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.rfile.read(8))[0]
            if not head[1] & 0x80 or size + len(message) > LONGEST:
                return
            mask, data = self.rfile.read(4), self.rfile.read(size)
            data = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
            if code == CLOSE:
                return self.send(CLOSE, data[:2])
            if code == PING:
                self.send(PONG, data)
            elif code != PONG:
                message += data
                if final:
                    self.send(TEXT, json.dumps({"echo": message.decode(errors="replace")}).encode())
                    message = b""

    def send(self, code, data):
        size = len(data)
        long = struct.pack(">BH", 126, size) if size < 1 << 16 else struct.pack(">BQ", 127, size)
        head = bytes([0x80 | code]) + (bytes([size]) if size < 126 else long)
        with self.lock:
            self.wfile.write(head + data)

    def log_message(self, form, *values):
        print(form % values)


ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
