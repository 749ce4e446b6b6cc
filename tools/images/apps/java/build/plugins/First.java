// SPDX-License-Identifier: Apache-2.0
public class First implements Plugin {
    public String name() {
        return "first";
    }
}
