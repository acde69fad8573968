import DenseKitVision

/// What the samples of a data set have in common, put together sample by sample.
struct SampleFindings: Sendable {
    private var errors: [(index: Int, error: any Error)] = []
    private var annotations = AnnotationFindings()
    private var labelled = 0
    private var withoutClass = FindingCount()
    private var palettes = PaletteFindings()

    mutating func add(_ seen: CheckedSample) {
        if case .failure(let error) = seen.sample { errors.append((seen.index, error)) }
        if let error = seen.annotationError { errors.append((seen.index, error)) }
        if let found = seen.annotations { annotations.add(found) }
        if let use = seen.palette { palettes.add(use, order: seen.index) }
        guard let pixels = seen.pixels, case .success(let sample) = seen.sample else { return }
        labelled += 1
        if seen.ignoredPixels > 0, pixels.allSatisfy({ $0 == 0 }) {
            withoutClass.add(sample.name, order: seen.index)
        }
    }

    /// Writes warnings and problems into `report`.
    func tell(
        _ report: inout DatasetReport, _ dataset: any Dataset, _ options: DatasetReport.Options
    ) {
        tellErrors(&report, dataset, options)
        let isPart = (options.limit ?? .max) < dataset.count
        var hopeless: [String] = []
        if let things = dataset as? any InstanceDataset {
            let file = things.annotationPath.map { "\($0): " } ?? ""
            report.warnings += annotations.warnings(options).map { file + $0 }
            hopeless = annotations.problems(options).map { file + $0 }
        }
        if labelled > 0 {
            hopeless += LabelFindings(report, dataset, options).problems
            if withoutClass.count > 0, withoutClass.count < labelled {
                report.warnings.append(
                    "\(withoutClass.count) of \(labelled) masks are ignored altogether, and \(options.part.nothing) on their images: "
                        + withoutClass.examples)
            }
        }
        if let palette = palettes.warning { report.warnings.append(palette) }
        if isPart {
            report.warnings += hopeless.map { "in the first \(options.limit ?? 0) images: \($0)" }
        } else {
            report.problems += hopeless
        }
    }

    /// Samples that cannot be read. Where training skips them they are warnings, as long as they
    /// are not too many.
    private func tellErrors(
        _ report: inout DatasetReport, _ dataset: any Dataset, _ options: DatasetReport.Options
    ) {
        let share = options.part == .training ? options.skippedShare : nil
        var skipped = 0
        for (index, error) in errors.sorted(by: { $0.index < $1.index }) {
            if share != nil, (error as? DataError)?.kind == .unreadable {
                skipped += 1
                report.warnings.append("\(error): training skips it (data.bad_image: skip)")
            } else {
                report.problems.append("\(error)")
                report.faulty.insert(index)
            }
        }
        guard let share,
            skipped
                > SkipLimit(share: share, images: dataset.count).allowed(imagesRead: dataset.count)
        else { return }
        report.problems.append(
            "\(skipped) of \(dataset.count) images cannot be read: training stops where more than \(share) of them are skipped "
                + "(data.max_bad_share)")
    }
}

extension DatasetReport.Part {
    /// For a sentence such as `nothing is trained on them`.
    var nothing: String { self == .training ? "nothing is trained" : "nothing is measured" }
    var nothingAtAll: String { self == .training ? "nothing to train on" : "nothing to measure" }
}
