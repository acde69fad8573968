extension Module {
    /// What mmsegmentation's `frozen_stages` and `norm_eval` do to a backbone.
    ///
    /// - Parameters:
    ///   - stages: the stem's layers, then those of each stage
    ///   - last: the last stage that does not learn and whose batch norms keep their statistics: 0 is the stem, -1 none
    ///   - normEval: whether all batch norms of this module keep their statistics, while their weights may learn
    public func freezeStages(_ stages: [[Module]], upTo last: Int, normEval: Bool) throws {
        for layer in stages.prefix(max(0, last + 1)).joined() {
            try layer.freeze()
            try layer.freezeStatistics()
        }
        if normEval { try freezeStatistics() }
    }

    /// Lets every batch norm below use its running statistics in training too, and never change them.
    public func freezeStatistics() throws {
        for (_, module) in try namedModules() { (module as? BatchNorm2d)?.hasFrozenStatistics = true }
    }
}
