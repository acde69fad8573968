extension AnnotationFindings {
    /// What is odd and does not make the whole set useless.
    func warnings(_ options: DatasetReport.Options) -> [String] {
        let hopeless = hopelessKinds(options)
        return Kind.inOrder.filter { !hopeless.contains($0) && isTold($0) }.compactMap { kind in
            guard let tally = tallies[kind] else { return nil }
            return
                "\(tally.count) of \(total) annotations have \(words(kind)); \(consequence(kind, options)): \(tally.examples)"
        }
    }

    /// Why there is nothing to train on or to measure.
    func problems(_ options: DatasetReport.Options) -> [String] {
        let part = options.part
        guard total > 0 else {
            return ["\(part.nothingAtAll): no image has an annotation of the classes"]
        }
        let hopeless = hopelessKinds(options)
        guard usable(part) == 0 || (options.wantsMasks && masked == 0) else { return [] }
        var causes = Kind.inOrder.filter(hopeless.contains).compactMap { kind in
            tallies[kind].map { "\($0.count) have \(words(kind)) (\($0.examples))" }
        }
        if usable(part) == 0, crowds > 0 {
            causes.insert("\(crowds) are crowds (iscrowd: 1), which are regions to ignore", at: 0)
        }
        let what =
            usable(part) == 0
            ? "none of the \(total) annotations can be \(part == .training ? "trained on" : "found")"
            : "no mask, as none of the \(learnable) annotations that can be trained on has one"
        return ["\(part.nothingAtAll): \(what): \(causes.joined(separator: "; "))"]
    }

    private func usable(_ part: DatasetReport.Part) -> Int {
        part == .training ? learnable : measurable
    }

    /// The kinds that a problem reports, so that no warning does.
    private func hopelessKinds(_ options: DatasetReport.Options) -> Set<Kind> {
        if usable(options.part) == 0 { return [.ignored, .normalized, .flat, .outside, .noArea] }
        guard options.wantsMasks, masked == 0 else { return [] }
        return Set(SegmentationFault.inOrder.map { .segmentation($0) })
    }

    /// Boxes of a set whose boxes are corners are reported once, not for leaving their images and
    /// missing their masks as well.
    private func isTold(_ kind: Kind) -> Bool {
        switch kind {
        case .corners: areCorners
        case .cornersByArea, .leaving, .away: !areCorners
        default: true
        }
    }

    private func words(_ kind: Kind) -> String {
        switch kind {
        case .ignored: "`ignore` set"
        case .normalized:
            "a box within 0…1, as if divided by the sides of the image; COCO's boxes are pixels"
        case .flat: "a box with a side under one pixel"
        case .outside: "a box outside the image"
        case .noArea: "an `area` of 0 or less"
        case .corners, .cornersByArea:
            "a box that contradicts image, segmentation or area as [x, y, width, height], and fits as corners [x1, y1, x2, y2]"
        case .leaving: "a box that leaves the image by more than a pixel"
        case .away: "a segmentation that lies elsewhere than the box (IoU under 0.5)"
        case .segmentation(let fault): fault.words
        case .partial:
            "polygons that are none beside others (an odd number of coordinates, or fewer than three corners)"
        }
    }

    private func consequence(_ kind: Kind, _ options: DatasetReport.Options) -> String {
        let isTraining = options.part == .training
        switch kind {
        case .ignored:
            return isTraining
                ? "training skips them" : "they are measured all the same, as in pycocotools"
        case .noArea: return isTraining ? "training skips them" : "COCO counts them as small ones"
        case .normalized, .flat, .outside:
            return isTraining ? "training skips them" : "hardly any of them can be found"
        case .corners, .cornersByArea:
            return "COCO's boxes are [x, y, width, height]: subtract x and y"
        case .leaving:
            return isTraining ? "training clips them to the image" : "they are measured as they are"
        case .away: return "correct one of the two"
        case .segmentation:
            return isTraining
                ? "they become regions on which nothing is trained"
                : "where masks are measured, those that pycocotools cannot read are regions that count neither for nor against"
        case .partial: return "masks leave these polygons out"
        }
    }
}
