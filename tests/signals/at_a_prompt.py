"""Ends a command that waits at a prompt of its terminal: at_a_prompt.py PROMPT SIGNAL COMMAND…

Prints how it ended and whether the terminal echoes, before and after; says on stderr what the terminal showed.
"""
import fcntl, os, select, signal, subprocess, sys, termios

prompt, number, command = sys.argv[1].encode(), getattr(signal, sys.argv[2]), sys.argv[3:]
master, slave = os.openpty()


def echoes():
    return bool(termios.tcgetattr(slave)[3] & termios.ECHO)


def own_terminal():
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, preexec_fn=own_terminal, pass_fds=[slave])
seen = b""
while prompt not in seen:
    if not select.select([master], [], [], 60)[0]:
        sys.exit(f"no prompt: {seen.decode()}")
    seen += os.read(master, 1024)
asked = echoes()
child.send_signal(number)
status = child.wait(timeout=30)
os.set_blocking(master, False)
try:
    while more := os.read(master, 1024):
        seen += more
except OSError:
    pass
print(status, asked, echoes())
sys.stderr.write(seen.decode())
