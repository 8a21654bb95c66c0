namespace Mlops.Onnx;

/// <summary>One named input or output of a model.</summary>
public sealed class OnnxValue
{
    /// <summary>Creates a value.</summary>
    /// <param name="name">Name as callers use it; compared ordinally.</param>
    /// <param name="elementType">Element type of a tensor; <see cref="OnnxElementType.Undefined"/> for other kinds.</param>
    /// <param name="shape">Dimensions, outermost first; <c>null</c> when even the rank is unknown; empty for a scalar.</param>
    /// <param name="kind">What the value holds.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    public OnnxValue(string name, OnnxElementType elementType, IReadOnlyList<OnnxDimension>? shape, OnnxValueKind kind = OnnxValueKind.Tensor)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        ElementType = elementType;
        Shape = shape;
        Kind = kind;
    }

    /// <summary>Name as callers use it.</summary>
    public string Name { get; }

    /// <summary>What the value holds.</summary>
    public OnnxValueKind Kind { get; }

    /// <summary>Element type of a tensor; <see cref="OnnxElementType.Undefined"/> for sequences, maps and the like.</summary>
    public OnnxElementType ElementType { get; }

    /// <summary>Dimensions, outermost first; empty for a scalar; <c>null</c> when the file leaves even the rank open.</summary>
    public IReadOnlyList<OnnxDimension>? Shape { get; }

    /// <summary>For example <c>features: float32[batch,15]</c>.</summary>
    public override string ToString() => $"{Name}: {Describe()}";

    internal string Describe()
    {
        if (Kind is not (OnnxValueKind.Tensor or OnnxValueKind.SparseTensor))
            return Lower(Kind.ToString());

        string shape = Shape is null ? "[...]" : $"[{string.Join(',', Shape)}]";
        string prefix = Kind == OnnxValueKind.SparseTensor ? "sparse " : "";
        return prefix + Lower(ElementType.ToString()) + shape;
    }

    private static string Lower(string name) => name.ToLowerInvariant();
}
