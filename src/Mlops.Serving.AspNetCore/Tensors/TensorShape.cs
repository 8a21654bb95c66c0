namespace Mlops.Serving.AspNetCore;

/// <summary>Arithmetic of shapes that strangers sent.</summary>
internal static class TensorShape
{
    /// <summary>The product of the dimensions; <c>null</c> when one is negative or there are more elements than allowed.</summary>
    public static int? CountElements(ReadOnlySpan<long> shape, int maximumElements)
    {
        bool isEmpty = false;
        ulong count = 1;
        foreach (long size in shape)
        {
            if (size < 0)
                return null;
            isEmpty |= size == 0;

            // Both factors are bounded, so that the product cannot wrap.
            if (size > 0 && (count = Math.BigMul(count, (ulong)size, out ulong low) == 0 ? low : ulong.MaxValue) > (ulong)maximumElements)
                return null;
        }

        return isEmpty ? 0 : (int)count;
    }

    public static string ToText(ReadOnlySpan<long> shape) => $"[{string.Join(',', shape.ToArray())}]";
}
