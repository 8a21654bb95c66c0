using System.Globalization;

namespace Mlops.Serving;

/// <summary>Name, element type and shape of one input or output of a model. Immutable.</summary>
public sealed class TensorSpec
{
    /// <summary>Creates a description.</summary>
    /// <param name="name">Name, compared ordinally.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Dimensions, outermost first: positive, or -1 where any size is allowed. Empty for a scalar.</param>
    /// <param name="symbols">
    /// Names of the free dimensions, as long as <paramref name="shape"/>, <c>null</c> where a dimension has none: dimensions of one
    /// name have one size in a run, so that the size of an output can be known from an input.
    /// </param>
    /// <exception cref="ArgumentNullException">The name or the shape is null.</exception>
    /// <exception cref="ArgumentException">A dimension is not allowed, or there are more or fewer symbols than dimensions.</exception>
    /// <exception cref="OverflowException">A row of fixed size is longer than 2 GiB.</exception>
    public TensorSpec(string name, TensorDataType type, IReadOnlyList<long> shape, IReadOnlyList<string?>? symbols = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Any(static size => size is < 1 and not -1))
            throw new ArgumentException($"'{name}' has shape [{Join(shape)}]; a dimension must be positive, or -1 where any size is allowed.", nameof(shape));
        if (symbols is not null && symbols.Count != shape.Count)
            throw new ArgumentException($"'{name}' has {shape.Count} dimensions and {symbols.Count} symbols.", nameof(symbols));

        Name = name;
        Type = type;
        Shape = shape;
        Symbols = symbols;
        int elements = 1;
        foreach (long size in HasRows ? shape.Skip(1) : shape)
        {
            if (size < 0)
                return;
            elements = checked((int)(elements * size));
        }

        ElementsPerRow = elements;
        BytesPerRow = type == TensorDataType.Text ? null : checked(elements * type.Size());
    }

    /// <summary>Name, compared ordinally.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public TensorDataType Type { get; }

    /// <summary>Dimensions, outermost first; -1 where any size is allowed, empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Names of the free dimensions; <c>null</c> when none is known.</summary>
    public IReadOnlyList<string?>? Symbols { get; }

    /// <summary>Whether the first dimension is free and so counts rows.</summary>
    public bool HasRows => Shape is [-1, ..];

    /// <summary>
    /// Elements of one row: the product of the dimensions after the one that counts rows, or of all where none does. <c>null</c> when
    /// one of them is free.
    /// </summary>
    public int? ElementsPerRow { get; }

    /// <summary>Length of one row in bytes; <c>null</c> when it is not fixed, as for text.</summary>
    public int? BytesPerRow { get; }

    /// <summary>For example <c>features: float32[-1,15]</c>.</summary>
    public override string ToString() => $"{Name}: {Type.ToString().ToLowerInvariant()}[{Join(Shape)}]";

    internal bool HasSameFormAs(TensorSpec other) => Type == other.Type && Shape.SequenceEqual(other.Shape);

    /// <summary>Why a tensor of this type and shape cannot be this input; <c>null</c> when it can.</summary>
    internal string? Refusal(TensorDataType type, ReadOnlySpan<long> shape)
    {
        if (type != Type)
            return $"has elements of type {type}, the model takes {this}";
        bool fits = shape.Length == Shape.Count;
        for (int i = 0; fits && i < shape.Length; i++)
            fits = shape[i] >= 0 && (Shape[i] < 0 || Shape[i] == shape[i]);
        return fits ? null : $"has shape [{Join(shape.ToArray())}], the model takes {this}";
    }

    private static string Join(IEnumerable<long> shape) => string.Join(',', shape.Select(static size => size.ToString(CultureInfo.InvariantCulture)));
}
