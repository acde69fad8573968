extension Module {
    /// Freezes the first stages of a backbone: mmsegmentation's `frozen_stages` and `norm_eval`.
    ///
    /// - Parameters:
    ///   - stages: the layers of the stem, then those of each stage
    ///   - last: the last stage whose parameters and batch norm statistics are frozen: 0 is the
    ///     stem, -1 freezes none
    ///   - normEval: whether all batch norms of this module keep their running statistics; their
    ///     weights are still trained
    public func freezeStages(_ stages: [[Module]], upTo last: Int, normEval: Bool) throws {
        for layer in stages.prefix(max(0, last + 1)).joined() {
            try layer.freeze()
            try layer.freezeStatistics()
        }
        if normEval { try freezeStatistics() }
    }

    /// Makes every batch norm below normalise with its running statistics in training too, and keep
    /// them unchanged.
    public func freezeStatistics() throws {
        for (_, module) in try namedModules() {
            (module as? BatchNorm2d)?.hasFrozenStatistics = true
        }
    }
}
