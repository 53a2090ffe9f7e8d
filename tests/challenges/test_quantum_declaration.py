"""The declared circuit: counted exactly, and anything but a plain small circuit is refused with line and reason."""

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from challenges.quantum.declaration import DeclarationError, read
from challenges.quantum.gates import GATES
from challenges.quantum.openqasm import MAX_BYTES, MAX_PROBLEMS

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n'


def problems(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(DeclarationError) as refused:
        read(text)
    return [(problem.line, problem.reason) for problem in refused.value.problems]


def test_inputs_gates_and_depth_are_counted():
    declared = read(
        HEAD + "input array[float[64], 3] x;\ninput float x_4;\ninput array[float[64], 5] theta;\ninput float bias;\n"
        "bit[3] c;\nry(x[0] * theta[4] - 2 * pi) q[0];\ncx q[0], q[1];\nrz(-(bias + x_4) / 2) q[2];\nbarrier q;\n"
        "cx q[1], q[2];\nreset q[0];\nc = measure q;\n"
    )
    assert (declared.qubits, declared.features, declared.parameters) == (3, 4, 6)
    assert declared.gates == {"cx": 2, "ry": 1, "rz": 1}
    assert declared.depth == 3


def test_a_register_stands_for_a_gate_a_qubit():
    declared = read(HEAD + "qubit[3] r; h q; cx q, r; cz q[0], r;")
    assert declared.gates == {"cx": 3, "cz": 3, "h": 3}
    assert declared.qubits == 6
    assert declared.depth == 5  # cz uses q[0] three times in a row


def test_registers_in_the_old_style_and_comments_are_read():
    text = "// é (((\n" + HEAD + "qreg r[2]; creg c[1]; /* { ; \n */ x r[1]; measure r[1] -> c[0];"
    assert read(text.encode()).qubits == 5


@pytest.mark.parametrize("name", GATES)
def test_every_gate_of_the_list_is_counted_once(name):
    angles, qubits = GATES[name]
    call = f"{name}({', '.join(['0.5'] * angles)})" if angles else name
    assert read(f"{HEAD}{call} {', '.join(f'q[{qubit}]' for qubit in range(qubits))};").gates == {name: 1}
    wrong = f"{name}({', '.join(['0.5'] * (angles + 1))})"
    assert problems(f"{HEAD}{wrong} {', '.join(f'q[{qubit}]' for qubit in range(qubits))};")[0][0] == 4


def test_twenty_qubits_are_allowed_and_one_more_is_not():
    assert read(HEAD.replace("3]", "20]") + "h q;").qubits == 20
    assert problems(HEAD + "qubit[17] a;\nqubit b;\nx b;") == [(5, "21 qubits in all, at most 20 are allowed")]
    with pytest.raises(DeclarationError, match="line 3: 3 qubits in all, at most 2 are allowed"):
        read(HEAD + "x q[0];", max_qubits=2)


REFUSED = {
    "qubit[2 * 9] r;": "expected the size of a qubit register as a number",
    "qubit[2 ** 40] r;": "expected the size of a qubit register as a number",
    "qubit[99999999999999999999] r;": "100000000000000000002 qubits in all",
    "const int n = 3;": "constants are not allowed: write their values",
    "int n = 3;": "not allowed here: classical declaration",
    "iswap q[0], q[1];": "the gate iswap is not one of",
    "gphase(theta);": "theta is no input",
    "gphase(pi) r;": "there are no qubits called r",
    "cx q[0];": "the gate cx takes 0 angles and 2 qubits, got 0 and 1",
    "cx q[1], q[1];": "acts on one qubit twice",
    "x q[3];": "expected an index of q from 0 to 2",
    "x q[-1];": "expected an index of q from 0 to 2",
    "x q[0:2];": "expected an index of q from 0 to 2",
    "x r[0];": "there are no qubits called r",
    "qubit[18] r; x q[0];": "21 qubits in all",
    "qubit[17] r; x $0; x $00; x $1;": "21 qubits in all",
    "qubit[2] r; cx q, r;": "registers of different sizes",
    "qubit q;": "q is declared twice: call one of them otherwise",
    "rx(theta) q[0];": "theta is no input that has been declared so: write input float[64] theta; before it",
    "input float t; rx(t[0]) q[0];": "t is no input",
    "input array[float, 2] t; rx(t) q[0];": "t is no input",
    "input array[float, 2] t; rx(t[2]) q[0];": "expected an index of t from 0 to 1",
    "input array[float, 2, 2] t;": "expected input float",
    "input array[float, 99999] t;": "at most 10,000",
    "input int t;": "expected input float",
    "output float t;": "expected input float",
    "rx(2 % 3) q[0];": "expected an angle",
    "rx(true) q[0];": "expected an angle",
    "rx(sin()) q[0];": "expected an angle",
    "rx(f(1)) q[0];": "expected an angle",
    "rx(sin(theta)) q[0];": "theta is no input",
    "bit[2] c; c = measure q;": "expected as many bits",
    "bit c = measure q;": "expected as many bits as qubits are measured, got 1 for 3",
    "bit c = 1;": "bits have no value before they are measured",
    "output bit c;": "nothing out",
    "c = measure q;": "there are no bits called c",
    "measure x;": "there are no qubits called x",
    "x q[0]; measure q -> q;": "there are no bits called q",
    "for int i in [0:9999999] x q[0];": "loops, conditions and subroutines are not allowed: write the circuit out",
    "while (true) x q[0];": "loops, conditions",
    "if (true) x q[0];": "loops, conditions",
    "if (true) { x q[0]; } else { y q[0]; }": "only a gate definition",
    "for int i in [0:3] { x q[0]; }": "only a gate definition",
    "box { x q[0]; }": "timing and boxes are not part of a declaration",
    "gate g a { { x a; } }": "none within",
    "gate g a { for int i in [0:3] { x a; } }": "none within",
    "gate g a { gate h b { x b; } }": "none within",
    "x q[0]; }": "only a gate definition",
    "gate g a { x a;": "not OpenQASM 3 at '<EOF>'",
    "gate g a { if (true) x a; }": "loops, conditions",
    "gate g a { x q[0]; }": "there are no qubits called q",
    "gate g a { x $0; }": "there are no qubits called $0",
    "input float t; gate g a { rx(t) a; }": "t is no input",
    "gate g a { measure a; }": "gate",
    "gate g a { g a; }": "the gate g is not one of",
    "gate g a { h a; } gate g a { x a; }": "g is declared twice",
    "gate cx a, b { }": "cx is declared twice",
    "gate \u0441x a, b { }": "looks like cx",
    "gate g(t) t { }": "t is declared twice",
    "gate g(pi) a { }": "pi is a constant",
    "gate g(t) a { rx(t) a; } g q[0];": "the gate g takes 1 angles and 1 qubits, got 0 and 1",
    "gate g a, b { cx a, b; } g q[0], q[0];": "the gate g acts on one qubit twice",
    "def f() { }": "loops, conditions and subroutines",
    "defcal x $0 { }": "pragmas and calibrations",
    "cal { }": "pragmas and calibrations",
    'defcalgrammar "openpulse";': "pragmas and calibrations",
    "pragma /*\n" + "(" * 999 + "*/": "pragmas and calibrations",
    "#pragma x": "pragmas and calibrations",
    "@note\nx q[0];": "annotations and gate modifiers",
    "ctrl @ x q[0], q[1];": "annotations and gate modifiers",
    "pow(2) @ x q[0];": "annotations and gate modifiers",
    'include "/etc/passwd";': 'only "stdgates.inc" may be included',
    "include 'other.inc';": 'only "stdgates.inc" may be included',
    '"//" ' + "(" * 999: 'only "stdgates.inc" may be included',
    "let a = q[0:1];": "aliases are not allowed: name the qubits themselves",
    "extern f(int) -> int;": "loops, conditions and subroutines",
    "delay[100ns] q[0];": "timing and boxes are not part of a declaration: leave them out",
    "rx(" + "(" * 9 + "1" + ")" * 9 + ") q[0];": "nested more than 8 deep",
    "rx(" + "-" * 99 + "1) q[0];": "more than three signs",
    "rx(" + "- " * 99 + "1) q[0];": "more than three signs",
    "rx(" + "1+" * 200 + "1) q[0];": "more than 256 names, numbers and signs without a comma",
    "barrier " + "q, " * 512 + "q;": "a statement of more than 1,024 names, numbers and signs",
    "h " + "q" * 65 + ";": "a name or number of more than 64 characters",
    "x q[0]\nx": "not OpenQASM 3 at 'x'",
    "x q[0;": "not OpenQASM 3",
    "x q;" * 7000: "more than 20,000 names, numbers and signs in all: declare fewer layers",
    "/* x q;\n" * 9: "a comment that does not end: close it by */",
    "x q\x00;": "U+0000 may not stand here",
    "h\u00a0q;": "U+00A0 NO-BREAK SPACE may not stand here",
    "rx(\u22121) q;": "U+2212 MINUS SIGN may not stand here",
    "θ;" * 2049: "more than 2,048 letters beyond ASCII outside comments",
    "x ψ;": "there are no qubits called ψ",
    "input float e\u0301;": "U+0301 COMBINING ACUTE ACCENT may not stand here",
    "input float \u05d0;": "U+05D0 HEBREW LETTER ALEF may not stand here",
    "input float \u3164;": "U+3164 HANGUL FILLER may not stand here",
    "input float π;": "π is a constant",
    "input float \U0001d70b;": "\U0001d70b is a constant",
    "input float ϕ; input float φ;": "φ looks like ϕ: call one of them otherwise",
    "input float x; input float \u0445;": "\u0445 looks like x",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_a_plain_circuit_is_refused_with_line_and_reason(text):
    found = problems(HEAD + text)
    assert any(REFUSED[text] in reason for _, reason in found), found
    assert all(line >= 4 for line, _ in found)
    assert problems(HEAD + text) == found


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("\n ", 1, "got an empty text"),
        ("qubit q;", 1, "expected OPENQASM 3.0; before all else, got no version"),
        ('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\nif (c == 1) x q[0];', 1, "got OPENQASM 2.0"),
        ("// Generated\n\nOPENQASM 2;\nqreg q[1];", 3, "qiskit.qasm3.dumps(circuit)"),
        ("OPENQASM 30.0;\nqreg q[1];", 1, "expected OPENQASM 3.0, got OPENQASM 30.0"),
        ('OPENQASM 3.0;\ninclude "qelib1.inc";', 2, "qelib1.inc is its like in OpenQASM 2"),
        ("OPENQASM 3.0;\ngate x a { }\ninclude 'stdgates.inc';".replace("'", '"'), 3, "x is declared twice"),
        (HEAD.encode("utf-16"), 1, "expected text in UTF-8 (this looks like UTF-16): save it as UTF-8"),
        (b"OPENQASM 3.0;\r\nqubit q;\r\nx q\xff", 3, "UTF-8"),
        (b"OPENQASM 3.0;\rqubit q;\rx q;", 3, 'needs include "stdgates.inc"'),
        (HEAD + "gate g a {\n  h a;\n  x b;\n}\n", 6, "there are no qubits called b"),
        ("OPENQASM 3.0;\nqubit q;\nx q;", 3, 'needs include "stdgates.inc"'),
        (HEAD, 1, "expected at least one gate"),
        ("x" * (MAX_BYTES + 1), 1, "65,537 bytes"),
        (b"OPENQASM 3.0;\n\xff", 2, "UTF-8"),
    ],
)
def test_a_text_as_a_whole_is_refused_with_line_and_reason(text, line, reason):
    assert [line for line, _ in problems(text)] == [line]
    assert reason in problems(text)[0][1]


@pytest.mark.parametrize("version", ["3", "3.0", "3.1"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_text_is_read_whatever_its_version_of_3_mark_and_line_ends(version, mark, end):
    text = (
        mark
        + HEAD.replace("3.0", version).encode().replace(b"\n", b"// note\n").replace(b"\n", end)
        + b"cx q[0], q[1];"
    )
    assert read(text).gates == {"cx": 1}


@pytest.mark.parametrize(
    "name", ["x", "x0", "x_1", "x12", "_x_0_", "x_0_", "_x_0__1_", "__x__3__", "\uff580", "\u0445_1"]
)
def test_an_x_with_digits_and_underscores_is_a_feature(name):
    declared = read(HEAD + f"input float[64] {name};\nry({name}) q[0];")
    assert (declared.feature_names, declared.parameter_names) == ((name,), ())


@pytest.mark.parametrize("name", ["theta", "X", "xi", "x_a", "max_0", "χ", "_θ_0_", "ж", "权重", "weight_x"])
def test_every_other_name_of_any_script_is_a_trained_parameter(name):
    declared = read(HEAD + f"input angle[16] {name};\nry({name}) q[0];")
    assert (declared.feature_names, declared.parameter_names) == ((), (name,))


def test_a_declaration_says_what_it_takes_for_what():
    inputs = "input array[float, 4] x;\n" + "".join(f"input float _θ_{at}_;\n" for at in range(12))
    assert str(read(HEAD + inputs + "h q;")) == (
        "3 qubits, 4 features (x[0] to x[3]), "
        "12 parameters (_θ_0_, _θ_1_, _θ_2_, _θ_3_, _θ_4_, _θ_5_, _θ_6_, …, _θ_11_), depth 1"
    )
    assert "0 features (no input is called x, x0, x_1, x[0], _x_0_, …), 0 parameters, depth 1" in str(
        read(HEAD + "h q;")
    )


def test_a_defined_gate_counts_as_what_it_is_made_of():
    declared = read(
        HEAD + "gate pair(t) a, b { cx a, b; rz(t) b; barrier a, b; gphase(t / 2); cx a, b; }\n"
        "gate twice(s, t) a, b, c { pair(s) a, b; pair(t) b, c; }\ngate nothing a { }\n"
        "twice(0.1, pi) q[2], q[0], q[1]; nothing q;"
    )
    assert declared.gates == {"cx": 4, "rz": 2}
    assert declared.depth == 6


def test_without_the_library_its_names_may_be_defined():
    text = "OPENQASM 3.0;\ngate h a { U(pi / 2, 0, pi) a; gphase(-pi / 4); }\nqubit q;\nh q;"
    assert read(text).gates == {"U": 1}


def test_qubits_of_the_hardware_need_no_register():
    declared = read('OPENQASM 3.0;\ninclude "stdgates.inc";\nbit[2] c;\nx $17;\ncx $17, $3;\nc[0] = measure $3;')
    assert (declared.qubits, declared.depth) == (2, 2)


def test_definitions_that_double_each_other_are_cut_off():
    doubling = "".join(f"gate g{at} a {{ g{at - 1} a; g{at - 1} a; }}\n" for at in range(1, 1000))
    found = problems(HEAD + "gate g0 a { h a; }\n" + doubling + "g999 q[0];")
    assert [reason for _, reason in found] == ["more than 20,000 gates, those of definitions written out"]


def test_a_barrier_may_name_twenty_qubits_at_length():
    names = [f"a_rather_long_name_of_a_qubit_{at}" for at in range(20)]
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n' + "".join(f"qubit {name};\n" for name in names)
    assert read(head + f"h {names[0]};\nbarrier {', '.join(names)};").qubits == 20


def test_every_faulty_line_is_named_up_to_a_number():
    assert [line for line, _ in problems(HEAD + "x a;\nx q[0];\ny q[9];\n")] == [4, 6]
    assert len(problems(HEAD + "x a;\n" * 500)) == MAX_PROBLEMS


def test_comments_cost_nothing_and_are_as_long_as_they_like():
    text = "/" * 30_000 + "\n" + "/* " * 10_000 + "*/"
    assert len(HEAD + text) > 60_000
    assert read(HEAD + text + "x q;").depth == 1


def test_a_feature_map_of_twenty_features_fully_entangled_twice_fits_with_layers_of_rotations():
    lines = [f"input float[64] {name}{at};" for name in ("x_", "θ_") for at in range(20 if name == "x_" else 80)]
    for _ in range(2):
        lines += [f"h q[{at}];\np(2.0*x_{at}) q[{at}];" for at in range(20)]
        lines += [
            f"cx q[{one}], q[{two}];\np((pi - x_{one})*(pi - x_{two})*2.0) q[{two}];\ncx q[{one}], q[{two}];"
            for one, two in combinations(range(20), 2)
        ]
    for layer in range(4):
        lines += [f"ry(θ_{20 * layer + at}) q[{at}];" for at in range(20)]
        lines += [f"cx q[{at}], q[{at + 1}];" for at in range(19)]
    declared = read(HEAD.replace("3]", "20]") + "\n".join(lines))
    assert (declared.qubits, declared.features, declared.parameters) == (20, 20, 80)


def test_a_full_text_is_read_whole():
    gates = (MAX_BYTES - len(HEAD)) // len("x q[0];\n") // 8
    assert read(HEAD + "x q[0];\n" * gates).depth == gates


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*'[]();{}"/*@\r\n -+~q0θ', "if", "x", "qubit", "input", "float", "//", "cal", "gate g a {", "$1"]
        ),
        max_size=60,
    )
)
def test_no_text_does_more_than_be_refused(words):
    text = HEAD + "".join(words)
    lines = range(1, len(re.findall(r"\r\n?|\n", text)) + 2)
    try:
        declared = read(text)
    except DeclarationError as error:
        refused = error.problems
    else:
        refused = ()
        assert sum(declared.gates.values()) >= declared.depth >= 1
    assert all(problem.line in lines for problem in refused)
