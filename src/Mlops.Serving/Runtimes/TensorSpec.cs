using System.Globalization;

namespace Mlops.Serving;

/// <summary>Name, element type and shape of one input or output. The first dimension counts rows.</summary>
public sealed class TensorSpec
{
    /// <summary>Creates a description.</summary>
    /// <param name="name">Name, compared ordinally.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">
    /// Dimensions, outermost first: the first is -1 (any number of rows) or 1 (one row per run), the others are positive.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The shape is empty or a dimension is not allowed.</exception>
    /// <exception cref="OverflowException">A row is longer than 2 GiB.</exception>
    public TensorSpec(string name, TensorDataType type, IReadOnlyList<long> shape)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Count == 0 || shape[0] is not (-1 or 1) || shape.Skip(1).Any(static size => size < 1))
            throw new ArgumentException($"'{name}' has shape [{Join(shape)}]; the first dimension must be -1 or 1, the others positive.", nameof(shape));

        Name = name;
        Type = type;
        Shape = shape;
        int elements = 1;
        foreach (long size in shape.Skip(1))
            elements = checked((int)(elements * size));
        ElementsPerRow = elements;
        BytesPerRow = checked(elements * type.Size());
    }

    /// <summary>Name, compared ordinally.</summary>
    public string Name { get; }

    /// <summary>Element type.</summary>
    public TensorDataType Type { get; }

    /// <summary>Dimensions, outermost first; the first is -1 when any number of rows is allowed, else 1.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Product of all dimensions but the first.</summary>
    public int ElementsPerRow { get; }

    /// <summary>Length of one row in bytes.</summary>
    public int BytesPerRow { get; }

    /// <summary>For example <c>features: float32[-1,15]</c>.</summary>
    public override string ToString() => $"{Name}: {Type.ToString().ToLowerInvariant()}[{Join(Shape)}]";

    internal bool HasSameFormAs(TensorSpec other) => Type == other.Type && Shape.SequenceEqual(other.Shape);

    private static string Join(IEnumerable<long> shape) => string.Join(',', shape.Select(static size => size.ToString(CultureInfo.InvariantCulture)));
}
