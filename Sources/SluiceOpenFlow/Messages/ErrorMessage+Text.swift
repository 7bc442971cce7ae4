// Errors of a switch in words (OpenFlow 1.3.5, section A.4.4).

extension ErrorMessage {
    /// OFPET_FLOW_MOD_FAILED with OFPFMFC_TABLE_FULL.
    package var isTableFull: Bool { type == 5 && code == 1 }

    /// As the specification names it, as far as operators meet it; else the two numbers.
    package var text: String {
        let known: String? =
            switch (type, code) {
            case (0, _): "the versions do not agree"
            case (1, 1): "it does not know this type of message"
            case (1, 3): "it does not know this experimenter"
            case (1, 4): "it does not know this experimenter's message"
            case (1, 5): "permission denied"
            case (1, 6): "wrong length"
            case (1, 10): "it is configured to obey another controller"
            case (2, 0): "unknown action"
            case (2, 4): "an output port does not exist"
            case (2, 5): "an argument of an action is wrong"
            case (2, 9): "a group that an action leads to does not exist"
            case (2, 10): "the packet cannot have the field that is set"
            case (2, 13): "it cannot set this field"
            case (3, 0): "unknown instruction"
            case (3, 1): "unsupported instruction"
            case (3, 2): "the table does not exist"
            case (4, 6): "it cannot match this field"
            case (4, 7): "it cannot match this value"
            case (4, 8): "it cannot match under this mask"
            case (4, 9): "a field is matched without the one it depends on"
            case (5, 0): "refused for an unknown reason"
            case (5, 1): "the table is full"
            case (5, 2): "the table does not exist"
            case (5, 3): "it overlaps another rule"
            case (5, 4): "permission denied"
            case (6, 0): "the group exists already"
            case (6, 3): "it has no room for another group"
            case (6, 8): "the group does not exist"
            case (12, 1): "the meter exists already"
            case (12, 2): "wrong meter number"
            case (12, 3): "the meter does not exist"
            case (12, 10): "it has no room for another meter"
            default: nil
            }
        let numbers = "error type \(type), code \(code)"
        return known.map { "\($0) (\(numbers))" } ?? numbers
    }
}
