import BuiltIn
import DenseKit
import Verification

try Engine.setThreadCount(2)
let v = Verifier(registry: try Registry(BuiltIn.plugins))
for path in CommandLine.arguments.dropFirst() {
    print(path)
    for c in try v.verify(path) where true { print(c.passes ? "ok  " : "FAIL", c.output, c.maxAbs, c.maxRel, c.note) }
}
