OPENQASM 3.0;
include "stdgates.inc";
input array[float[64], 2] x;        // inputs called x, x0, x_1, … are features of a jet
input array[float[64], 2] theta;    // all other inputs are trained parameters
qubit[2] q;
bit[2] c;
ry(x[0] + theta[0]) q[0];
ry(x[1] + theta[1]) q[1];
cx q[0], q[1];
c = measure q;
