using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mlops.Statistics;

/// <summary>
/// The vector width that the kernels use in this process. Results have the same bits at every width; only speed differs.
/// </summary>
public static class VectorWidth
{
    // Avx512F alone stays true when the user asks for 256-bit vectors (DOTNET_PreferredVectorBitWidth=256).
    internal static bool Is512 => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    internal static bool Is256 => !Is512 && Vector256.IsHardwareAccelerated;

    /// <summary>512, 256 or 128 bits; 0 when the runtime has no hardware vectors and runs the kernels as scalar code.</summary>
    public static int Bits =>
        Is512 ? 512 :
        Vector256.IsHardwareAccelerated ? 256 :
        Vector128.IsHardwareAccelerated ? 128 : 0;
}
