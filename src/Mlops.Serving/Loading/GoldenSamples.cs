using System.Text.Json;

namespace Mlops.Serving;

/// <summary>Inputs and the outputs that a model must give for them, within a tolerance. Immutable.</summary>
internal sealed class GoldenSamples
{
    private const double DefaultTolerance = 1e-5;

    private GoldenSamples(GoldenTensor[] inputs, GoldenTensor[] outputs, Tolerance tolerance)
    {
        Inputs = inputs;
        Outputs = outputs;
        Tolerance = tolerance;
    }

    public IReadOnlyList<GoldenTensor> Inputs { get; }

    public IReadOnlyList<GoldenTensor> Outputs { get; }

    public Tolerance Tolerance { get; }

    /// <exception cref="InvalidDataException">It is not a document of golden samples.</exception>
    public static GoldenSamples Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            return new GoldenSamples(
                [.. root.GetProperty("inputs").EnumerateArray().Select(GoldenTensor.Read)],
                [.. root.GetProperty("outputs").EnumerateArray().Select(GoldenTensor.Read)],
                new Tolerance(Number("atol"), Number("rtol")));

            double Number(string name) => root.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : DefaultTolerance;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"the golden samples cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Runs the samples; says in what the outputs are not as expected, <c>null</c> when they are.</summary>
    public string? Check(IModelSession session)
    {
        ModelSignature signature = session.Signature;
        if (FindMisfit(signature) is { } misfit)
            return misfit;

        SampleRows rows = ToRows(signature);
        bool[] wanted = [.. signature.Outputs.Select(output => Outputs.Any(golden => golden.Name == output.Name))];
        using IModelSlot slot = session.CreateSlot(new SlotShape(rows.Count, rows.Shapes, wanted));
        rows.CopyTo(slot, signature);
        slot.Run(rows.Count);
        foreach (GoldenTensor expected in Outputs)
        {
            int index = ModelSignature.IndexOf(signature.Outputs, expected.Name);
            if (!slot.GetOutputShape(index, rows.Count).SequenceEqual(expected.Shape))
                return $"output '{expected.Name}' has another shape than the golden samples";
            if (Tolerance.FindDifference(expected.Type, expected.Data, slot.GetOutput(index, rows.Count)) is { } difference)
                return $"output '{expected.Name}' {difference}";
        }

        return null;
    }

    /// <summary>The inputs in the model's order.</summary>
    public SampleRows ToRows(ModelSignature signature)
    {
        GoldenTensor[] inputs = [.. signature.Inputs.Select(Find)];
        long rows = Enumerable.Range(0, inputs.Length).Where(i => signature.Inputs[i].HasRows).Select(i => inputs[i].Shape[0]).DefaultIfEmpty(1).First();
        long[][] shapes = [.. inputs.Select((input, i) => signature.Inputs[i].HasRows ? (long[])[-1, .. input.Shape.Skip(1)] : input.Shape)];
        return new SampleRows(checked((int)rows), shapes, [.. inputs.Select(static input => input.Data)]);
    }

    private GoldenTensor Find(TensorSpec input) => Inputs.First(golden => golden.Name == input.Name);

    private string? FindMisfit(ModelSignature signature)
    {
        if (Outputs.Count == 0)
            return "the golden samples have no outputs";
        foreach (TensorSpec input in signature.Inputs)
        {
            if (!Inputs.Any(golden => golden.Name == input.Name))
                return $"the golden samples lack input '{input}'";
            if (input.Refusal(Find(input).Type, Find(input).Shape) is { } refusal)
                return $"input '{input.Name}' of the golden samples {refusal}";
        }

        if (signature.Inputs.Where(static input => input.HasRows).Select(input => Find(input).Shape[0]).Distinct().ToArray() is { Length: > 1 } or [< 1 or > int.MaxValue])
            return "the inputs of the golden samples have no rows, or not the same number";

        foreach (GoldenTensor output in Outputs)
        {
            int index = ModelSignature.IndexOf(signature.Outputs, output.Name);
            if (index < 0 || signature.Outputs[index].Type != output.Type)
                return $"the golden samples have an output '{output.Name}' of type {output.Type}, the model is {signature}";
        }

        return null;
    }
}
