using System.Globalization;

namespace Mlops.Mlflow;

internal static class VersionNumbers
{
    /// <summary>The version that a request names, which is sent as a text or a number.</summary>
    /// <exception cref="ProtocolException">It is no number, or none that a version could have.</exception>
    public static int Read(MlflowRequest fields, string model)
    {
        string text = fields.RequiredId("version");
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            throw ProtocolException.Invalid($"Parameter 'version' must be an integer, got '{ProtocolException.Shorten(text)}'.");
        }

        return number is > 0 and <= int.MaxValue ? (int)number : throw ProtocolException.NotFound($"Model Version (name={model}, version={number}) not found");
    }
}
