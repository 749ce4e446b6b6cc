// SPDX-License-Identifier: Apache-2.0
/** Loaded by name, and it loads java.xml and java.util.zip with it. */
public class Lazy {
    public static String text() throws Exception {
        var builder = javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder();
        var document = builder.parse(new java.io.ByteArrayInputStream("<lazy/>".getBytes()));
        var checksum = new java.util.zip.CRC32();
        checksum.update("lazy".getBytes());
        return document.getDocumentElement().getTagName() + " " + Long.toHexString(checksum.getValue());
    }
}
