namespace Mlops.Serving.AspNetCore;

/// <summary>Elements that came as bytes.</summary>
internal static class WireElements
{
    /// <exception cref="WireException">A byte of a BOOL tensor is neither 0 nor 1, for which no runtime promises anything.</exception>
    public static void Check(string input, TensorDataType type, ReadOnlySpan<byte> elements)
    {
        if (type == TensorDataType.Boolean && elements.ContainsAnyExceptInRange((byte)0, (byte)1))
            throw new WireException($"Input '{input}' has a byte that is neither 0 nor 1 among its BOOL elements.");
    }
}
