namespace Mlops.Onnx.Tests;

internal static class Reference
{
    public static byte[] Bytes(string path) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "serving", path));
}
