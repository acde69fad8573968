import DenseKitCore

/// What COCO-Stuff's two editions have in common (Caesar, Uijlings and Ferrari, CVPR 2018): 80 things and 91 kinds of stuff on pictures
/// of COCO, 171 classes, whose names and colours are in `benchmark`.
public enum COCOStuff {
    /// Numbers of COCO's own count from 1 to 182 that no class has.
    private static let missing: Set<Int> = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83, 91]

    /// The numbers of the 171 classes in COCO's own count, in order.
    static let ids = (1...182).filter { !missing.contains($0) }
}
