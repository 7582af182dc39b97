"""Ends commands with a signal at random moments: at_random.py ROUNDS, a command line of bash on each line of stdin.

Words before `::` undo the command, whether or not it was done. Whatever a run was when the signal came, it ends by that signal or as it
would have, and leaves no dotted file that was not there before and nothing in TMPDIR.
"""
import os, random, re, signal, subprocess, sys, time

rounds, total, hit = int(sys.argv[1]), 0, 0
seed = random.randrange(1 << 32)
random.seed(seed)


STAYS = {".seeds.age.lock", ".allowed_signers.lock"}


def start(command):
    return subprocess.Popen(
        ["bash", "-c", "exec " + command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def hidden():
    """Unfinished files, the locks of a commit, and temporary files; the lock of a vault or a list stays, on purpose."""
    found = set(os.listdir(os.environ["TMPDIR"]))
    for folder, _, files in os.walk("."):
        unfinished = (name for name in files if re.fullmatch(r"\..+\.([A-Za-z0-9]{6}|lock)", name))
        found.update(os.path.join(folder, name) for name in unfinished if name not in STAYS)
    return found


for line in filter(None, map(str.strip, sys.stdin)):
    undo, _, command = line.rpartition("::")
    undo = undo.strip() or "true"
    begun = time.monotonic()
    first = start(command)
    said = first.communicate()[1].decode()
    took = time.monotonic() - begun
    if first.returncode:
        sys.exit(f"{command}: exit {first.returncode}: {said}")
    subprocess.run(["bash", "-c", undo], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before, ended = hidden(), 0
    for number in [signal.SIGTERM, signal.SIGINT] * rounds:
        child = start(command)
        time.sleep(random.random() * took * 1.2)
        child.send_signal(number)
        try:
            said = child.communicate(timeout=60)[1].decode()
        except subprocess.TimeoutExpired:
            sys.exit(f"{command}: still there, seed {seed}")
        left = hidden() - before
        if left or child.returncode not in (0, -number):
            sys.exit(f"{command}: {number.name}, status {child.returncode}, left {left}, seed {seed}: {said}")
        # it may have been done already when the signal came
        subprocess.run(["bash", "-c", undo], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ended += child.returncode != 0
    total, hit = total + 2 * rounds, hit + ended
    print(f"{ended:3} of {2 * rounds} ended by the signal, {took:6.3f} s: {command}")
print(f"{hit} of {total} ended by the signal, nothing left; seed {seed}")
