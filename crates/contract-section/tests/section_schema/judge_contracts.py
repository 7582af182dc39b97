# judge_contracts.py SCHEMA: for each line of standard input, a contract in JSON, prints `ok` or the place and the rule that
# refuses it. IBM's validator is written in Go: there `$` is the end of the text only, and `\d` and `\s` are ASCII.
import json
import re
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema


def as_in_go(pattern):
    return "(?a)" + re.sub(r"\$(?=$|\|)", r"\\Z", pattern)


def translated(schema):
    if isinstance(schema, list):
        return [translated(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key == "pattern" and isinstance(value, str):
            value = as_in_go(value)
        elif key == "patternProperties":
            value = {as_in_go(name): rule for name, rule in value.items()}
        out[key] = translated(value)
    return out


with open(sys.argv[1], encoding="utf-8") as file:
    validator = jsonschema.Draft7Validator(translated(json.load(file)))
for line in sys.stdin:
    error = next(validator.iter_errors(json.loads(line)), None)
    print("ok" if error is None else f"{'.'.join(map(str, error.absolute_path))} {error.validator}", flush=True)
