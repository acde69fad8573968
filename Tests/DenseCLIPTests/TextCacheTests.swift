import DenseKitCore
import Testing

@testable import DenseKitCLIP
@testable import DenseKitDenseCLIP
@testable import DenseKitLanguageGuidance

/// At inference the text of every way of prompting but one does not depend on the image: it is
/// computed once.
@Suite struct TextCacheTests {
    private func text(_ model: DenseModel) throws -> ClassText {
        try #require(try model.denseCLIP.prompting.text)
    }

    @Test(arguments: [PromptingMode.post, .postTemplate, .contexts, .template])
    func madeOnceInInference(_ mode: PromptingMode) throws {
        let model = try model(tinyCLIP, "", prompting: mode)
        try model.setTraining(false)
        #expect(try text(model).made == nil)
        let first = try withoutGrad { try model.scores() }
        let made = try #require(try text(model).made)
        #expect(try made.embeddings.shape == [1, 3, 20] && made.names == model.denseCLIP.names)
        let second = try withoutGrad { try model.scores() }
        #expect(try text(model).made?.embeddings === made.embeddings)
        #expect(try (first - second).abs().amax().item() == 0)
        // As computed again, where gradients may be wanted.
        #expect(try (model.scores() - first).abs().amax().item() < 1e-5)
        // It is what answers are made of.
        try withoutGrad { _ = try made.embeddings.normalInPlace() }
        #expect(try (withoutGrad { try model.scores() } - first).abs().amax().item() > 0.01)
    }

    @Test func notKeptInTrainingNorWhereGradientsAreWanted() throws {
        let model = try model(tinyCLIP, "")
        _ = try withoutGrad { try model.scores() }
        #expect(try text(model).made == nil)
        try model.setTraining(false)
        _ = try model.scores()
        #expect(try text(model).made == nil)
    }

    @Test func otherNamesAreOtherTexts() throws {
        let model = try model(tinyCLIP, "")
        try model.setTraining(false)
        let text = try text(model)
        let names = try model.denseCLIP.names
        let (all, two) = try withoutGrad { try (text(names), text([names[2], names[0]])) }
        #expect(two.shape == [1, 2, 20])
        #expect(try (two.selected(1, 0) - all.selected(1, 2)).abs().amax().item() < 1e-5)
        #expect(try (withoutGrad { try text(names) } - all).abs().amax().item() < 1e-5)
    }

    @Test func droppedWhenModeOrWeightsChange() throws {
        let model = try model(tinyCLIP, "")
        func keep() throws { _ = try withoutGrad { try model.scores() } }
        try model.setTraining(false)
        try keep()
        try model.setTraining(true)
        #expect(try text(model).made == nil)
        try model.setTraining(false)
        try keep()
        let before = try withoutGrad { try model.scores() }
        try withoutGrad { _ = try model.learned.contexts.fillInPlace(2) }
        try model.weightsDidChange()
        #expect(try text(model).made == nil)
        #expect(try (withoutGrad { try model.scores() } - before).abs().amax().item() > 1e-4)
        #expect(try text(model).made != nil)
        try model.move(to: .cpu)
        #expect(try text(model).made == nil)
    }

    /// It is made in full precision, wherever it is asked for.
    @Test func theSameUnderMixedPrecision() throws {
        let model = try model(tinyCLIP, "")
        try model.setTraining(false)
        let exact = try withoutGrad { try model.scores() }
        let text = try #require(try text(model).made?.embeddings)
        try model.weightsDidChange()
        try withoutGrad { _ = try withAutocast(.bfloat16) { try model.scores() } }
        let mixed = try #require(try self.text(model).made?.embeddings)
        #expect(try mixed.dtype == .float32 && (mixed - text).abs().amax().item() == 0)
        let after = try withoutGrad { try model.scores() }
        #expect(try after.dtype == .float32 && (after - exact).abs().amax().item() == 0)
    }

    @Test func theTextIsNotPartOfTheCheckpoint() throws {
        let model = try model(tinyCLIP, "")
        try model.setTraining(false)
        let before = try model.namedTensors().map(\.name)
        _ = try withoutGrad { try model.scores() }
        #expect(try model.namedTensors().map(\.name) == before)
    }
}
