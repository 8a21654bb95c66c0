using System.Text.Json;

namespace Mlops.Serving.OnnxRuntime.Tests;

internal static class Reference
{
    public static string Path(string path) => System.IO.Path.Combine(AppContext.BaseDirectory, "reference", "serving", path);

    public static byte[] Bytes(string path) => File.ReadAllBytes(Path(path));

    public static ReferenceRows Rows(string model)
    {
        using JsonDocument document = JsonDocument.Parse(Bytes($"{model}/reference.json"));
        JsonElement root = document.RootElement;
        return new ReferenceRows(
            [.. root.GetProperty("inputs").EnumerateArray().Select(Read)],
            [.. root.GetProperty("outputs").EnumerateArray().Select(Read)],
            root.GetProperty("atol").GetDouble(),
            root.GetProperty("rtol").GetDouble());
    }

    private static ReferenceTensor Read(JsonElement tensor)
    {
        int rows = tensor.GetProperty("shape")[0].GetInt32();
        return new ReferenceTensor(
            tensor.GetProperty("name").GetString()!,
            tensor.GetProperty("datatype").GetString()!,
            rows,
            [.. tensor.GetProperty("data").EnumerateArray().Select(value => value.GetDouble())]);
    }
}

internal sealed record ReferenceRows(ReferenceTensor[] Inputs, ReferenceTensor[] Outputs, double Absolute, double Relative);

internal sealed record ReferenceTensor(string Name, string Type, int Rows, double[] Data)
{
    public int Width => Data.Length / Rows;

    public ReadOnlySpan<double> Row(int row) => Data.AsSpan(row * Width, Width);
}
