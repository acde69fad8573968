import DenseKitCore

extension ISAID {
    /// Background and the 15 classes of iSAID, in the colours of its masks.
    public static let benchmark = ClassList(
        names: """
            background, ship, store_tank, baseball_diamond, tennis_court, basketball_court,
            Ground_Track_Field, Bridge, Large_Vehicle, Small_Vehicle, Helicopter, Swimming_pool,
            Roundabout, Soccer_ball_field, plane, Harbor
            """,
        colors: """
            000000 00003f 003f3f 003f00 003f7f 003fbf 003fff 007f3f 007f7f 00007f 0000bf 0000ff
            00bf7f 007fbf 007fff 00649b
            """)
}
