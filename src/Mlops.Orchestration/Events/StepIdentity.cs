using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>Names a step of a run for other systems: the same for every attempt, different for every other step of every run.</summary>
internal static class StepIdentity
{
    /// <returns>32 hexadecimal digits.</returns>
    public static string Of(string runUid, string stepKey) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{runUid}/{stepKey}"))).AsSpan(0, 16));
}
