"""The odd names and values that shape_edge.py writes: each is there because some reader could take it for another."""

INF, NAN = float("inf"), float("nan")

METRIC_NAMES = [
    "plain", "with space", "train/loss", "a/b/c/d/e", "dots.in.name", "trailing.", "ünïcode/größe", "实验", "UPPER",
    "upper", "-dash", ".hidden", "colon:name", "m" * 240, "0", "123", "true", "null", "__proto__", "constructor",
    "hasOwnProperty", "__system__cpu", "__system__disk_percent", "__system__gpu", "emoji🚀", "percent%", "quote'",
    "hash#", "star*", "pipe|", "a//b", "../up",
]  # fmt: skip

PARAMS = {
    "int": "42", "negative": "-7", "plus": "+7", "big": "9007199254740993", "int64 max": "9223372036854775807",
    "int64 min": "-9223372036854775808", "beyond int64": "9223372036854775808", "float": "1e-05", "float2": ".5",
    "float3": "5.", "minus zero": "-0.0", "tiny": "5e-324", "too large": "1e400", "underscores": "1_000_000",
    "double underscores": "1__0", "hex": "0x1F", "octal": "0o17", "binary": "0b101", "old octal": "0777",
    "lead0": "007", "true": "True", "false": "False", "none": "None", "json true": "true", "null": "null",
    "nan": "nan", "inf": "inf", "minus inf": "-inf", "complex": "1+2j", "bytes": "b'abc'", "set": "{1, 2}",
    "ellipsis": "...", "quoted": "'a b'", "double quoted": '"it\'s"', "escapes": "'a\\n\\u00e9\\x41\\t\\''",
    "raw": "r'a\\n'", "triple": "'''a'''", "adjacent": "'a' 'b'", "f-string": "f'x'", "unfinished": "'abc",
    "list": "[1, 2.5, 'x', None, True]", "empty list": "[]", "trailing comma": "[1, 2,]", "tuple": "(1, 2)",
    "one tuple": "(1,)", "bare tuple": "1, 2", "parenthesised": "(1)", "empty tuple": "()",
    "dict": "{'a': {'b': [1, {'c': ()}]}}", "empty dict": "{}", "int keys": "{1: 'a', -2: 'b'}",
    "empty key": "{'': 1}", "empty keys": "{'': 1, '(empty)': 2}", "bool keys": "{True: 1, False: 0}",
    "float keys": "{1.5: 'a'}", "tuple keys": "{(1, 2): 'a'}", "twice": "{'a': 1, 'a': 2}",
    "json": '{"a": {"b": [1, null, true]}}', "json that reads": '{"a": {"b": [1, 2.0]}}', "nan inside": "[nan]",
    "big inside": "[9223372036854775808]", "call": "dict(a=1)", "name": "relu", "expression": "1 + 2",
    "minus minus": "--1", "leading space": "  5", "trailing space": "5  ", "trailing newline": "5\n",
    "inner newline": "[1,\n 2]", "date": "2024-01-01", "version": "1.2.3", "time": "1:30", "comment": "5 # five",
    "just comment": "# five", "empty": "", "space": " ", "long6000": "x" * 6000, "long unicode": "ü" * 6000,
    "lines": "a\nb\r\nc\n", "unicode": "größe 实验 🚀", "ctrl": "a\x01\x1b[31mred", "separators": "a\u2028b\x85c",
    "html": "<b>x</b>", "back\\slash": "\\n", "nested/param/name": "1", "dot.name": "1", "key with space": "1",
    "ключ": "значение", "p" * 250: "long key", "__proto__": "x", "constructor": "y", "deep": "[" * 60 + "]" * 60,
}  # fmt: skip

RUN_NAMES = [
    "1e5", "12345", "true", "null", "yes", "y", "2024-01-01", "0x1F", "0o17", "~", "- item", "key: value",
    "  spaces  ", "line\nbreak", "#c", "w " * 100, "ünï / run: 'quoted' \"x\" #1 🚀", "same name", "same name", "[a]",
    "{b}", "*", "&x", "!t", "%",
]  # fmt: skip

VALUES = {
    "mixed": [1.0, NAN, INF, -INF, 0.0, -0.0, 2.5],
    "only nan": [NAN],
    "all nan": [NAN, NAN],
    "only inf": [INF],
    "only -inf": [-INF, -INF],
    "nan first": [NAN, 1.0],
    "nan last": [1.0, NAN],
    "zeros": [0.0, -0.0],
    "zeros2": [-0.0, 0.0],
    "extremes": [
        1.7976931348623157e308,
        -1.7976931348623157e308,
        5e-324,
        -5e-324,
        2.2250738585072014e-308,
        1e22,
        1e21,
    ],
    "digits": [0.1 + 0.2, 1e16, 123456789012345680.0, 1e-7, 3.0, 1 / 3, 2 / 3, 1e15 / 3],
}

STEPS = {
    "one step": [5, 5, 5, 5],
    "all at 0": [0, 0, 0],
    "only one": [0],
    "one elsewhere": [7],
    "repeated": [1, 1, 1, 2],
    "out of order": [5, 1, 9, 3, 3, 0, 7],
    "backwards": [4, 3, 2, 1, 0],
    "negative": [-5, -4, -3, -2, -1, 0, 1],
    "only negative": [-9, -3, -6],
    "one negative": [-1, -1],
    "31 bit": [2**31 - 1, 2**31, 2**31 + 5, 2**40],
    "huge": [2**53 + 1, 2**62, 2**63 - 1],
    "neg huge": [-(2**40), -(2**62)],
    "sparse": [0, 1000, 1_000_000],
    "same place": [2**53, 2**53 + 1, 2**54],
    "collide with 1": [1, 2, 2**61],
    "zigzag": [0, 1, 0, 1, 0, 1],
}

NODE_METRICS = [
    "cpu_utilization_percentage",
    "system_memory_usage_percentage",
    "disk_usage_percentage",
    "system_memory_usage_megabytes",
    "network_receive_megabytes",
]
GPU_METRICS = [
    f"gpu_{i}_{what}"
    for i in (0, 11)
    for what in (
        "utilization_percentage",
        "memory_usage_percentage",
        "power_usage_watts",
        "memory_usage_megabytes",
        "power_usage_percentage",
    )
]
