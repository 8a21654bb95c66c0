namespace Mlops.Serving;

/// <summary>What the buffers of a slot are made for: most rows, the sizes of the inputs, and the outputs that are wanted. Immutable.</summary>
public sealed class SlotShape
{
    /// <summary>Creates a shape.</summary>
    /// <param name="maximumRows">Most rows that one run will have, at least 1.</param>
    /// <param name="inputs">Shape of every input, in the model's order: no free dimension but the first where it counts rows (-1).</param>
    /// <param name="outputs">Whether each output is wanted, in the model's order; <c>null</c> for all. At least one must be.</param>
    /// <exception cref="ArgumentException">A dimension is still free, or no output is wanted.</exception>
    public SlotShape(int maximumRows, IReadOnlyList<IReadOnlyList<long>> inputs, IReadOnlyList<bool>? outputs = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumRows);
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Any(static shape => shape.Skip(1).Any(static size => size < 0)))
            throw new ArgumentException("Every dimension after the first needs a size.", nameof(inputs));
        if (outputs is not null && !outputs.Contains(true))
            throw new ArgumentException("At least one output must be wanted.", nameof(outputs));

        MaximumRows = maximumRows;
        Inputs = inputs;
        Outputs = outputs;
    }

    /// <summary>Most rows that one run has.</summary>
    public int MaximumRows { get; }

    /// <summary>Shape of every input, in the model's order; -1 first where it counts rows.</summary>
    public IReadOnlyList<IReadOnlyList<long>> Inputs { get; }

    /// <summary>Whether each output is wanted, in the model's order; <c>null</c> for all.</summary>
    public IReadOnlyList<bool>? Outputs { get; }

    /// <summary>Whether the output at <paramref name="index"/> is wanted.</summary>
    public bool Wants(int index) => Outputs is null || Outputs[index];

    /// <summary>All inputs as the signature fixes them, and all outputs.</summary>
    /// <exception cref="ArgumentException">The signature leaves a dimension free that does not count rows.</exception>
    public static SlotShape For(ModelSignature signature, int maximumRows)
    {
        ArgumentNullException.ThrowIfNull(signature);
        return new SlotShape(maximumRows, [.. signature.Inputs.Select(static input => input.Shape)]);
    }

    /// <summary>
    /// Shape of an output of a run with these inputs: -1 first where it counts rows. <c>null</c> when only the run tells, because a free
    /// dimension has no name or one that no input has.
    /// </summary>
    /// <param name="signature">The model's.</param>
    /// <param name="index">Position of the output.</param>
    public IReadOnlyList<long>? FindOutputShape(ModelSignature signature, int index)
    {
        ArgumentNullException.ThrowIfNull(signature);
        TensorSpec output = signature.Outputs[index];
        long[] shape = [.. output.Shape];
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] >= 0 || (i == 0 && signature.CountsRows(output)))
                continue;
            if (FindSize(signature, output.Symbols?[i]) is not { } size)
                return null;
            shape[i] = size;
        }

        return shape;
    }

    /// <summary>As <see cref="For"/>, and a size of 1 where the signature leaves one free.</summary>
    internal static SlotShape Smallest(ModelSignature signature, int maximumRows) =>
        new(maximumRows, [.. signature.Inputs.Select(static input => (long[])[.. input.Shape.Select(static (size, i) => size < 0 && i > 0 ? 1 : size)])]);

    private long? FindSize(ModelSignature signature, string? symbol)
    {
        if (symbol is null)
            return null;

        for (int input = 0; input < Inputs.Count; input++)
            for (int i = 0; i < Inputs[input].Count; i++)
                if (Inputs[input][i] >= 0 && signature.Inputs[input].Symbols?[i] == symbol)
                    return Inputs[input][i];

        return null;
    }
}
