using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>What a path names.</summary>
internal static class RequestRoute
{
    public const string Model = "model";
    public const string Version = "version";

    /// <summary>The model that the path names.</summary>
    /// <exception cref="ServedModelNotFoundException">There is none.</exception>
    public static ServedModel ModelOf(HttpContext context, ModelServer server) => server.Get(NameOf(context));

    public static string NameOf(HttpContext context) => (string)context.Request.RouteValues[Model]!;

    /// <summary>The version that the path names; <c>null</c> when it names none.</summary>
    /// <exception cref="WireException">It is not a number.</exception>
    public static long? VersionOf(HttpContext context)
    {
        if (context.Request.RouteValues[Version] is not string text)
            return null;

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new WireException($"'{RestError.Shorten(text)}' is not the number of a version.", StatusCodes.Status404NotFound);
    }

    /// <summary>The version that the path names, or the one that answers by default; <c>null</c> when that is none.</summary>
    /// <exception cref="WireException">The version that it names is not loaded.</exception>
    public static ServedVersion? FindVersion(HttpContext context, ServedModel model) => VersionOf(context) is not { } number
        ? model.Version
        : model.Versions.FirstOrDefault(version => version.Number == number)
            ?? throw new WireException($"Model '{model.Name}' has no version {number} loaded.", StatusCodes.Status404NotFound);
}
