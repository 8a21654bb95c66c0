using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mlops.Serving;
using Mlops.Serving.AspNetCore;

namespace Mlops.Benchmarks.Serving;

/// <summary>The JSON of a request of so many floats, read, and of as many, written: by the package and by System.Text.Json into classes.</summary>
internal static partial class JsonCodec
{
    private const int CallsPerTurn = 2_000;

    public static string RequestOf(float[] values) =>
        $$"""{"inputs":[{"name":"x","shape":[1,{{values.Length}}],"datatype":"FP32","data":[{{string.Join(',', values.Select(static value => value.ToString(CultureInfo.InvariantCulture)))}}]}]}""";

    public static void Compare(int rounds)
    {
        Console.WriteLine();
        Console.WriteLine("| JSON of 64 floats, read and written | System.Text.Json, CPU us | here, CPU us | ratio |");
        Console.WriteLine("|---|---:|---:|---:|");
        var random = new Random(1);
        foreach ((string name, Func<float> next) in (ReadOnlySpan<(string, Func<float>)>)
            [("whole numbers", () => random.Next(0, 17)), ("six decimals", () => (float)Math.Round(random.NextDouble(), 6)), ("all digits of a float64", () => (float)random.NextDouble())])
        {
            float[] values = [.. Enumerable.Range(0, 64).Select(_ => next())];
            string text = name.StartsWith("all", StringComparison.Ordinal)
                ? $$"""{"inputs":[{"name":"x","shape":[1,64],"datatype":"FP32","data":[{{string.Join(',', values.Select(static value => ((double)value).ToString("R", CultureInfo.InvariantCulture)))}}]}]}"""
                : RequestOf(values);
            byte[] json = Encoding.UTF8.GetBytes(text);
            if (!Own(json).SequenceEqual(values) || !Classes(json).SequenceEqual(values))
                throw new InvalidOperationException("The contenders read different values.");

            List<double> own = [];
            List<double> classes = [];
            for (int round = -20; round < rounds; round++)
            {
                double first = Time(() => Classes(json));
                double second = Time(() => Own(json));
                if (round < 0)
                    continue;
                classes.Add(first);
                own.Add(second);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {ServingHttp.Median(classes):F2} | {ServingHttp.Median(own):F2} | {ServingHttp.Median(own.Zip(classes, static (a, b) => a / b)):F2}x |"));
        }
    }

    private static readonly InferenceOptions Options = new();
    private static readonly InferCall Call = new(Options);

    private static ReadOnlySpan<float> Own(byte[] json)
    {
        Call.Clear();
        new InferRequestReader(Call, json, jsonLength: null, Options).Read();
        ModelTensor input = Call.Request.Inputs[0];
        new TensorText(input).WriteList(Call.Text);
        return input.Get<float>();
    }

    private static float[] Classes(byte[] json)
    {
        Body body = JsonSerializer.Deserialize(json, BodyContext.Default.Body)!;
        JsonSerializer.SerializeToUtf8Bytes(body.Inputs[0].Data, BodyContext.Default.SingleArray);
        return body.Inputs[0].Data;
    }

    private static double Time(Action call)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < CallsPerTurn; i++)
            call();
        return (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / CallsPerTurn;
    }

    internal sealed record Body(Tensor[] Inputs);

    internal sealed record Tensor(string Name, string Datatype, long[] Shape, float[] Data);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Body))]
    internal sealed partial class BodyContext : JsonSerializerContext;
}
