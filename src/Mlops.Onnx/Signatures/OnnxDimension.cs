using System.Globalization;

namespace Mlops.Onnx;

/// <summary>One dimension of a tensor's shape: a fixed size, or free with or without a symbolic name.</summary>
/// <param name="Size">Number of elements, at least 0; -1 when the dimension is free.</param>
/// <param name="Symbol">Name of a free dimension (<c>batch</c>); <c>null</c> when it has none or the size is fixed.</param>
public readonly record struct OnnxDimension(long Size, string? Symbol = null)
{
    /// <summary>A free dimension without a name.</summary>
    public static OnnxDimension Free => new(-1);

    /// <summary>Whether the size is known from the file.</summary>
    public bool IsFixed => Size >= 0;

    /// <summary>The size, the symbol, or <c>?</c>.</summary>
    public override string ToString() => IsFixed ? Size.ToString(CultureInfo.InvariantCulture) : Symbol ?? "?";
}
