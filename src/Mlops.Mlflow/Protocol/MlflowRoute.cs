namespace Mlops.Mlflow;

/// <summary>One row of the protocol.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Without the prefix.</param>
/// <param name="HandleAsync">Answers a call.</param>
internal sealed record MlflowRoute(string Method, string Path, Func<MlflowCall, Task> HandleAsync)
{
    private static readonly string[] AtRoot = ["/"];
    private static readonly string[] Api = ["/api/2.0/", "/ajax-api/2.0/"];
    private static readonly string[] ApiSince3 = [.. Api, "/api/3.0/", "/ajax-api/3.0/"];

    /// <summary>All prefixes below which the protocol lives.</summary>
    public static IReadOnlyList<string> Prefixes => ApiSince3;

    public RouteBody Body { get; init; }

    /// <summary>The endpoint reads the JSON of the body itself.</summary>
    public bool ReadsBytes { get; init; }

    public bool IsAtRoot { get; init; }

    /// <summary>Also below the prefixes of version 3.</summary>
    public bool IsIn3 { get; init; }

    public IEnumerable<string> Patterns => (IsAtRoot ? AtRoot : IsIn3 ? ApiSince3 : Api).Select(prefix => prefix + Path);
}
