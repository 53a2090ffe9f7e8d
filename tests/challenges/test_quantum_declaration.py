"""The declared circuit: counted exactly, and anything but a plain small circuit is refused with line and reason."""

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
    "const int n = 3; qubit[n] r;": "not allowed here: constant declaration",
    "iswap q[0], q[1];": "the gate iswap is not one of",
    "gphase(pi);": "not allowed here: quantum phase",
    "cx q[0];": "the gate cx takes 0 angles and 2 qubits, got 0 and 1",
    "cx q[1], q[1];": "acts on one qubit twice",
    "x q[3];": "expected an index of q from 0 to 2",
    "x q[-1];": "expected an index of q from 0 to 2",
    "x q[0:2];": "expected an index of q from 0 to 2",
    "x r[0];": "there is no register r",
    "x $0;": "there is no register",
    "qubit[2] r; cx q, r;": "registers of different sizes",
    "qubit q;": "q is declared twice",
    "rx(theta) q[0];": "theta is no input",
    "input float t; rx(t[0]) q[0];": "t is no input",
    "input array[float, 2] t; rx(t) q[0];": "t is no input",
    "input array[float, 2] t; rx(t[2]) q[0];": "expected an index of t from 0 to 1",
    "input array[float, 2, 2] t;": "expected input float",
    "input array[float, 99999] t;": "at most 10,000",
    "input int t;": "expected input float",
    "output float t;": "expected input float",
    "rx(2 ** 99999999) q[0];": "expected an angle",
    "rx(sin(1)) q[0];": "expected an angle",
    "bit[2] c; c = measure q;": "expected as many bits",
    "bit c = measure q[0];": "not allowed here: classical declaration",
    "measure x;": "there is no register x",
    "for int i in [0:9999999] x q[0];": "not allowed here: for in loop",
    "while (true) x q[0];": "not allowed here: while loop",
    "if (true) x q[0];": "not allowed here: branching",
    "for int i in [0:3] { x q[0]; }": "blocks are not allowed",
    "gate g a { x a; }": "blocks are not allowed",
    "def f() { }": "blocks are not allowed",
    "defcal x $0 { }": "blocks are not allowed",
    "cal { }": "blocks are not allowed",
    'defcalgrammar "openpulse";': "pragmas and calibrations",
    "pragma /*\n" + "(" * 999 + "*/": "pragmas and calibrations",
    "#pragma x": "pragmas and calibrations",
    "@note\nx q[0];": "annotations and gate modifiers",
    "ctrl @ x q[0], q[1];": "annotations and gate modifiers",
    "pow(2) @ x q[0];": "annotations and gate modifiers",
    'include "/etc/passwd";': 'only "stdgates.inc" may be included',
    "include 'other.inc';": 'only "stdgates.inc" may be included',
    '"//" ' + "(" * 999: 'only "stdgates.inc" may be included',
    "let a = q[0:1];": "not allowed here: alias",
    "extern f(int) -> int;": "not allowed here: extern declaration",
    "delay[100ns] q[0];": "not allowed here: delay",
    "rx(" + "(" * 9 + "1" + ")" * 9 + ") q[0];": "nested more than 8 deep",
    "rx(" + "-" * 99 + "1) q[0];": "more than three signs",
    "rx(" + "- " * 99 + "1) q[0];": "more than three signs",
    "rx(" + "1+" * 200 + "1) q[0];": "more than 256 characters",
    "x q[0]\nx": "not OpenQASM 3 at 'x'",
    "x q[0;": "not OpenQASM 3",
    "x q\x00;": "no use for",
    "x ψ;": "no use for",
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
        ("qubit q;", 1, "expected OPENQASM 3.0; first, got version none"),
        ("OPENQASM 2.0;\nqreg q[1];", 1, "got version 2.0"),
        ("OPENQASM 3.0;\nqubit q;\nx q;", 3, 'needs include "stdgates.inc"'),
        (HEAD, 1, "expected at least one gate"),
        ("x" * (MAX_BYTES + 1), 1, "65,537 bytes"),
        (b"OPENQASM 3.0;\n\xff", 2, "UTF-8"),
    ],
)
def test_a_text_as_a_whole_is_refused_with_line_and_reason(text, line, reason):
    assert [line for line, _ in problems(text)] == [line]
    assert reason in problems(text)[0][1]


def test_every_faulty_line_is_named_up_to_a_number():
    assert [line for line, _ in problems(HEAD + "x a;\nx q[0];\ny q[9];\n")] == [4, 6]
    assert len(problems(HEAD + "x a;\n" * 500)) == MAX_PROBLEMS


def test_a_full_text_is_read_whole():
    gates = (MAX_BYTES - len(HEAD)) // len("x q[0];\n") // 8
    assert read(HEAD + "x q[0];\n" * gates).depth == gates


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*'[]();{}"/*@\n -+~q0', "if", "x", "qubit", "input", "float", "//", "cal"]), max_size=60)
)
def test_no_text_does_more_than_be_refused(words):
    text = HEAD + "".join(words)
    lines = range(1, text.count("\n") + 2)
    try:
        declared = read(text)
    except DeclarationError as error:
        refused = error.problems
    else:
        refused = ()
        assert sum(declared.gates.values()) >= declared.depth >= 1
    assert all(problem.line in lines for problem in refused)
