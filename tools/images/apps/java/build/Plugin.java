// SPDX-License-Identifier: Apache-2.0
public interface Plugin {
    String name();
}
