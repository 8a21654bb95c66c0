using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

internal static class SignificanceLevel
{
    /// <exception cref="ArgumentOutOfRangeException">The level is not strictly between 0 and 1.</exception>
    public static void ThrowIfInvalid(double alpha, [CallerArgumentExpression(nameof(alpha))] string? name = null)
    {
        if (!(alpha > 0 && alpha < 1))
            throw new ArgumentOutOfRangeException(name, alpha, "A level strictly between 0 and 1 is needed.");
    }
}
