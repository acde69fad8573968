import DenseKitCore

/// Overlaps, deltas and NMS of boxes A and B. An output's name defines the operation (`iou`,
/// `giou_aligned`, `encode.TAG`, `nms.keep.0.5`, …), its description and those of its inputs define
/// with which numbers.
struct BoxOperations {
    private let inputs: DetectionInputs
    private let a: Tensor
    private let b: Tensor

    init(_ inputs: DetectionInputs) throws {
        self.inputs = inputs
        var a = try inputs.boxes("A")
        if inputs.has("A.jitter") {  // half of the boxes are beside the others: clusters
            let half = a.size(0) / 2
            let rest = try a.narrowed(0, 2 * half, a.size(0) - 2 * half)
            a = try Tensor.cat(
                [a.narrowed(0, 0, half), a.narrowed(0, 0, half) + inputs.floats("A.jitter"), rest],
                dim: 0)
        }
        self.a = a
        b = try inputs.boxes("B")
    }

    func outputs() throws -> [String: Tensor] {
        var outputs: [String: Tensor] = [:]
        for key in inputs.golden.outputNames {
            let name = OutputName(key).name
            outputs[name] = try output(name)
        }
        return outputs
    }

    /// Nil for an unknown name.
    private func output(_ name: String) throws -> Tensor? {
        if let overlap = try overlap(name) { return overlap }
        if let match = name.firstMatch(of: /^(encode|decode|decode_clip|decode_multi)\.(\w+)$/)?
            .output
        {
            return try deltas(String(match.1), tag: String(match.2))
        }
        if let match = name.firstMatch(
            of: /^(nms|batched_nms|agnostic_nms)\.(keep|dets)\.(exact|[0-9.]+)$/)?.output
        {
            return try suppressed(String(match.1), String(match.2), String(match.3))
        }
        if let match = name.firstMatch(
            of: /^(multiclass|multiclass_perclass)\.(dets|labels|inds)$/)?.output
        {
            return try multiclass(String(match.1), String(match.2))
        }
        return nil
    }

    private func overlap(_ name: String) throws -> Tensor? {
        switch name {
        case "boxes.A": a
        case "boxes.B": b
        case "iou": try Boxes.iou(a, b)
        case "iof": try Boxes.iof(a, b)
        case "giou": try Boxes.giou(a, b)
        case "iou_aligned": try Boxes.iou(aligned(), b, .rows)
        case "iof_aligned": try Boxes.iof(aligned(), b, .rows)
        case "giou_aligned": try Boxes.giou(aligned(), b, .rows)
        case "iou_degenerate": try Boxes.iou(inputs.floats("degenerate"), besideDegenerate())
        case "giou_degenerate": try Boxes.giou(inputs.floats("degenerate"), besideDegenerate())
        default: nil
        }
    }

    /// As many of A as there are of B.
    private func aligned() throws -> Tensor { try a.narrowed(0, 0, b.size(0)) }

    /// The degenerate boxes and the first of B.
    private func besideDegenerate() throws -> Tensor {
        let count =
            inputs.words("iou_degenerate").firstMatch(of: /B\[:(\d{1,6})\]/).flatMap { Int($0.1) }
            ?? b.size(0)
        return try Tensor.cat([inputs.floats("degenerate"), b.narrowed(0, 0, count)], dim: 0)
    }

    private func deltas(_ what: String, tag: String) throws -> Tensor {
        let role = try inputs.role("deltas.\(tag)")
        guard let match = role.firstMatch(of: /means \[(.*?)\] stds \[(.*?)\]/)?.output else {
            throw GoldenCaseError(
                inputs.golden.path,
                "does not say means and stds in the role of the input deltas.\(tag)")
        }
        let words = inputs.words("decode.\(tag)")
        let limit = words.firstMatch(of: /ln\((\d+)\/(\d+)\)/).flatMap { match in
            Double(match.1).flatMap { from in
                Double(match.2).map { Swift.max($0 / from, from / $0) }
            }
        }
        let coder = try DeltaCoder(
            means: DetectionInputs.list(match.1), stds: DetectionInputs.list(match.2),
            ratioLimit: limit ?? 1000.0 / 16)
        if what == "encode" { return try coder.encode(aligned(), to: b) }
        var deltas = try inputs.floats("deltas.\(tag)")
        if let row = words.firstMatch(
            of: /row 0 of the deltas replaced by ((?:-?[0-9.]+(?:, )?)+)/)?.output.1
        {
            let first = try Tensor.from(DetectionInputs.list(row).map(Float.init), shape: [1, 4])
            deltas = try Tensor.cat([first, deltas.narrowed(0, 1, deltas.size(0) - 1)], dim: 0)
        }
        if what == "decode" { return try coder.decode(a, deltas) }
        if what == "decode_multi" {
            let factors = try factors(of: "deltas", unit: "d", in: "decode_multi.\(tag)")
            deltas = try Tensor.cat(factors.map { try deltas * $0.times }, dim: 1)
        }
        let clip = "decode_clip.\(tag)"
        let size = try Size2D(
            height: Int(inputs.number(after: "height", in: clip)),
            width: Int(inputs.number(after: "width", in: clip)))
        return try coder.decode(a, deltas, in: size)
    }

    /// `kind [x, -x, x/2, x+3, 0.9x]` in the description of an output: what `unit` is multiplied
    /// by, and what is added.
    private func factors(of kind: String, unit: String, in output: String) throws -> [(
        times: Double, plus: Double
    )] {
        let words = inputs.words(output)
        guard let start = words.ranges(of: "\(kind) [").first?.upperBound,
            let end = words[start...].firstIndex(of: "]")
        else {
            throw GoldenCaseError(
                inputs.golden.path, "does not list \(kind) in its description of \(output)")
        }
        return try words[start..<end].split(separator: ",").map { text in
            let term = String(text).filter { $0 != " " }
            guard
                let match = term.wholeMatch(
                    of: /(-?[0-9.]*)[a-zA-Z](?:\/([0-9.]+))?([+-][0-9.]+)?/)?.output
            else {
                throw GoldenCaseError(
                    inputs.golden.path,
                    "has '\(term)' in its description of \(output), expected such as 2\(unit)+1")
            }
            let factor = match.1.isEmpty ? 1 : match.1 == "-" ? -1 : Double(match.1) ?? .nan
            return (
                factor / (match.2.flatMap { Double($0) } ?? 1), match.3.flatMap { Double($0) } ?? 0
            )
        }
    }

    private func suppressed(_ kind: String, _ what: String, _ threshold: String) throws -> Tensor {
        if threshold == "exact" {
            return try Tensor.nms(
                inputs.floats("exact"), inputs.floats("exact_scores"), threshold: 0.5)
        }
        let scores = try inputs.floats("scores")
        let threshold = Double(threshold) ?? .nan
        let kept =
            try kind == "batched_nms"
            ? Tensor.batchedNMS(a, scores, groups: inputs.tensor("labels"), threshold: threshold)
            : Tensor.nms(a, scores, threshold: threshold)
        return try what == "keep" ? kept : withScores(a.indexed(0, kept), scores.indexed(0, kept))
    }

    private func multiclass(_ kind: String, _ what: String) throws -> Tensor {
        let own = "\(kind).\(what)"
        let shared = "multiclass.dets"
        var boxes = a
        if kind == "multiclass_perclass" {
            boxes = try Tensor.cat(
                factors(of: "boxes", unit: "A", in: own).map { try a * $0.times + $0.plus }, dim: 1)
        }
        let words = inputs.words(kind == "multiclass" ? shared : own)
        let (kept, indices) = try multiclassNMS(
            boxes: boxes, scores: inputs.floats("multi_scores"),
            scoreThreshold: inputs.number(after: "score_thr", in: shared),
            nmsThreshold: inputs.number(after: "iou", in: shared),
            max: words.firstMatch(of: /max (\d{1,9})/).flatMap { Int($0.1) })
        switch what {
        case "dets": return try withScores(kept.boxes, kept.scores)
        case "labels": return kept.labels
        default: return indices
        }
    }

    /// `[d, 4], [d] → [d, 5]`
    private func withScores(_ boxes: Tensor, _ scores: Tensor) throws -> Tensor {
        try Tensor.cat([boxes, scores.unsqueezed(1)], dim: 1)
    }
}
