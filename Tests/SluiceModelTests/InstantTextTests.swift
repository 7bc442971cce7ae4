import SluiceModel
import Testing

@Suite struct InstantTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (1_709_251_199_500_000_000, "2024-02-29T23:59:59.5Z"), (1_709_251_200_000_000_000, "2024-03-01T00:00:00Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (4_107_542_400_000_000_001, "2100-03-01T00:00:00.000000001Z"),
            (Int64.min, "1677-09-21T00:12:43.145224192Z"), (Int64.max, "2262-04-11T23:47:16.854775807Z"),
        ] as [(Int64, String)])
    func `an instant prints as RFC 3339 in UTC`(nanoseconds: Int64, text: String) {
        #expect(Instant(nanoseconds: nanoseconds).text == text)
    }
}
