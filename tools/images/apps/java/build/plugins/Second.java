// SPDX-License-Identifier: Apache-2.0
public class Second implements Plugin {
    public String name() {
        return "second";
    }
}
