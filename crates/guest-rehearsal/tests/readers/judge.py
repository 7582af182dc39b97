# reads a JSON list of YAML documents, writes a JSON list of [by PyYAML, by libyaml]: a tree each, or null
import json, sys, yaml


def tree(node):
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return ["-"] + [tree(item) for item in node.value]
    return [":"] + [[tree(key), tree(value)] for key, value in node.value]


def read(text, loader):
    try:
        return tree(yaml.compose(text, loader))
    except yaml.YAMLError:
        return None


libyaml = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
print(json.dumps([[read(text, yaml.SafeLoader), read(text, libyaml)] for text in json.load(sys.stdin)]))
