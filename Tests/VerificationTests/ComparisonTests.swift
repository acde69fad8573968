import DenseKitNN
import Testing

@testable import DenseKitVerification

@Suite struct ComparisonTests {
    /// Numbers, what they are compared with, and what must come of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let ours: [Float]
        let reference: [Float]
        let tolerance: GoldenCase.Tolerance
        let passes: Bool
        let maxAbs: Double
        let maxRel: Double

        init(
            _ name: String, _ ours: [Float], _ reference: [Float],
            _ tolerance: GoldenCase.Tolerance, _ passes: Bool,
            _ maxAbs: Double = 0, _ maxRel: Double = 0
        ) {
            self.name = name
            self.ours = ours
            self.reference = reference
            self.tolerance = tolerance
            self.passes = passes
            self.maxAbs = maxAbs
            self.maxRel = maxRel
        }

        var testDescription: String { name }
    }

    @Test(arguments: [
        Case("equal", [1, -2], [1, -2], within(), true),
        Case("at the absolute bound", [1.5], [1], within(0.5), true, 0.5, 0.5),
        Case("past the absolute bound", [1.5], [1], within(0.49), false, 0.5, 0.5),
        Case("at the relative bound", [5], [4], within(rtol: 0.25), true, 1, 0.25),
        Case("the relative bound is the reference's", [4], [5], within(rtol: 0.25), true, 1, 0.2),
        Case("past the relative bound", [-5], [-4], within(rtol: 0.24), false, 1, 0.25),
        Case("both bounds add up", [6], [4], within(1, rtol: 0.25), true, 2, 0.5),
        Case("one of two", [1, 9], [1, 1], within(0.5), false, 8, 8),
        Case("small references have no relative error", [0.5], [0.25], within(0.25), true, 0.25, 0),
        Case("not a number on both sides", [.nan], [.nan], within(), true),
        Case("not a number here", [.nan], [1], within(9), false, .infinity, .infinity),
        Case("not a number there", [1], [.nan], within(9), false, .infinity, .infinity),
        Case(
            "equal infinities", [.infinity, -.infinity], [.infinity, -.infinity], within(), true),
        Case(
            "opposite infinities", [.infinity], [-.infinity], within(rtol: 9), false, .infinity,
            .infinity),
        Case("infinite here", [.infinity], [1], within(rtol: 9), false, .infinity, .infinity),
        Case("infinite there", [1], [.infinity], within(rtol: 9), false, .infinity, .infinity),
        Case("zeros of both signs", [0], [-0.0], within(), true),
        Case("nothing", [], [], within(), true),
        Case("half of two may differ", [1, 9], [1, 1], within(share: 0.5), true, 8, 8),
        Case("both may not", [9, 9], [1, 1], within(share: 0.5), false, 8, 8),
        Case(
            "nine of ten", [Float](repeating: 1, count: 9) + [2], [Float](repeating: 1, count: 10),
            within(share: 0.9), true, 1, 1
        ),
        Case(
            "eight of ten", [Float](repeating: 1, count: 8) + [2, 2],
            [Float](repeating: 1, count: 10), within(share: 0.9), false,
            1, 1),
        Case(
            "a share of the largest", [1.5, -8], [1, -8],
            GoldenCase.Tolerance(rtol: 0, atol: 0, ofLargest: 0.0625), true, 0.5,
            0.5),
        Case(
            "past a share of the largest", [1.5, 4], [1, 4],
            GoldenCase.Tolerance(rtol: 0, atol: 0, ofLargest: 0.0625), false,
            0.5, 0.5),
        Case("a share is no tolerance", [1.5], [1], within(share: 0.999), false, 0.5, 0.5),
    ])
    func numbers(_ each: Case) {
        let comparison = Comparison("x", ours: each.ours, reference: each.reference, each.tolerance)
        #expect(comparison.output == "x" && comparison.passes == each.passes)
        #expect(comparison.maxAbs == each.maxAbs && comparison.maxRel == each.maxRel)
    }

    @Test func notes() {
        #expect(Comparison("x", ours: [1.0], reference: [1], within()).note == "")
        #expect(
            Comparison("x", ours: [1.0, 3], reference: [1, 1], within(0.5)).note
                == "1 of 2 outside rtol 0.0, atol 0.5")
        let failure = Comparison(failure: "x", "shape")
        #expect(
            !failure.passes && failure.note == "shape" && failure.maxAbs.isNaN
                && failure.maxRel.isNaN)
    }

    @Test(arguments: [
        (within(), [1.0], [1.0], "exact", 0.0), (within(), [2.0], [1.0], "exact", .infinity),
        (within(0.5), [1.25], [1.0], "atol 0.5", 0.5), (within(0.5), [2.0], [1.0], "atol 0.5", 2.0),
        (within(1, rtol: 0.25), [5.0], [4.0], "rtol 0.25, atol 1", 0.5),
        (within(rtol: 1e-3), [1.0, 2.001], [1.0, 2.0], "rtol 0.001", 0.5),
        // Of the elements that need not agree nothing is counted.
        (within(1, share: 0.5), [9, 1.25, 1, 1.5], [1, 1, 1, 1], "atol 1, of 50 %", 0.25),
        (within(1, share: 0.75), [9, 1.25, 1, 1.5], [1, 1, 1, 1], "atol 1, of 75 %", 0.5),
        (within(1, share: 1), [9, 1], [1, 1], "atol 1", 8.0),
        (
            GoldenCase.Tolerance(rtol: 0, atol: 0, ofLargest: 0.0625), [1.5, -8], [1, -8],
            "atol 0.5", 1.0
        ),
        (within(1), [.nan], [1], "atol 1", .infinity), (within(1), [], [], "atol 1", 0.0),
    ])
    func toleranceAndWhatOfItWasUsed(
        _ tolerance: GoldenCase.Tolerance, _ ours: [Double], _ reference: [Double], _ words: String,
        _ used: Double
    ) {
        let comparison = Comparison("x", ours: ours, reference: reference, tolerance)
        #expect(comparison.tolerance == words)
        #expect(comparison.used == used || abs(comparison.used - used) < 1e-9)
        #expect(comparison.passes == (comparison.used <= 1))
    }

    @Test(arguments: [0, 1, 3]) func listsOfOtherLengthsDoNotPass(_ count: Int) {
        let comparison = Comparison(
            "x", ours: [Float](repeating: 1, count: count), reference: [1, 1], within(9))
        #expect(!comparison.passes && comparison.note == "\(count) values, the reference has 2")
    }

    @Test func shapesMustBeEqual() throws {
        let row = try Tensor.zeros([1, 4])
        let comparison = try Comparison("x", ours: row, reference: Tensor.zeros([4]), within(9))
        #expect(!comparison.passes && comparison.note == "shape [1, 4], the reference has [4]")
        #expect(
            try Comparison("x", ours: Tensor.ones([]), reference: Tensor.ones([1]), within()).passes
        )
        #expect(
            try !Comparison("x", ours: Tensor.zeros([]), reference: Tensor.ones([1]), within())
                .passes)
    }
}

/// What is stored of `0…23` in shape `[2, 3, 4]`.
@Suite struct OutputNameTests {
    @Test(arguments: [
        ("a", "a", [2, 3, 4], Array(0..<24)),
        ("a[:, ::2]", "a", [2, 2, 4], [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23]),
        ("a.b[:, :, ::2]", "a.b", [2, 3, 2], [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]),
        ("a[:, ::2, ::3]", "a", [2, 2, 2], [0, 3, 8, 11, 12, 15, 20, 23]),
        ("a[1:]", "a", [1, 3, 4], Array(12..<24)),
        ("a[:1, 1:2]", "a", [1, 1, 4], [4, 5, 6, 7]),
        ("a[:, -1:, 1:4:2]", "a", [2, 1, 2], [9, 11, 21, 23]),
        ("a[1]", "a", [3, 4], Array(12..<24)),
        ("a[..., 3]", "a", [2, 3], [3, 7, 11, 15, 19, 23]),
        ("a[0, ..., 0]", "a", [3], [0, 4, 8]),
        ("a[1, 2, 3]", "a", [], [23]),
        ("a[-1, ..., :2]", "a", [3, 2], [12, 13, 16, 17, 20, 21]),
        ("a[x]", "a[x]", [2, 3, 4], Array(0..<24)),
        ("a[:, ::0]", "a[:, ::0]", [2, 3, 4], Array(0..<24)),
        ("a[..., ...]", "a[..., ...]", [2, 3, 4], Array(0..<24)),
        ("[:1]", "[:1]", [2, 3, 4], Array(0..<24)),
        ("a[]", "a[]", [2, 3, 4], Array(0..<24)),
        ("", "", [2, 3, 4], Array(0..<24)),
    ])
    func parts(_ text: String, _ name: String, _ shape: [Int], _ values: [Int]) throws {
        let output = OutputName(text)
        #expect(output.name == name)
        let part = try output.cut(Tensor.arange(to: 24).reshaped([2, 3, 4]))
        #expect(part.shape == shape)
        #expect(try part.integers().map(Int.init) == values)
    }

    @Test(arguments: ["a[2]", "a[:, :, :, :1]", "a[0, 0, 0, 0]"]) func partsThatAreNotThere(
        _ text: String
    ) throws {
        #expect(throws: TorchError.self) { try OutputName(text).cut(Tensor.zeros([2, 3, 4])) }
    }
}
