namespace Mlops;

/// <summary>Where OpenLineage events go. The target comes from the host's configuration alone.</summary>
public sealed class OpenLineageOptions
{
    /// <summary>The receiver's address, absolute, for example <c>https://marquez.example.org/api/v1/lineage</c>; https unless <see cref="AllowHttp"/>. Required.</summary>
    public Uri? Url { get; set; }

    /// <summary>Sent as <c>Authorization: Bearer</c>; null for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Whether the target may be plain http, for receivers on the same machine or network; default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>The namespace of jobs, and of data that has no address; default <c>mlops</c>.</summary>
    public string Namespace { get; set; } = "mlops";

    /// <summary>Who says so in each event: an absolute URI, usually of the service's code. Default <c>https://www.nuget.org/packages/Mlops</c>.</summary>
    public Uri Producer { get; set; } = new("https://www.nuget.org/packages/Mlops");

    /// <summary>
    /// Whether the steps of pipelines are told, two events each, and not only their runs; default true. Without steps a pipeline's data is not told either.
    /// </summary>
    public bool PipelineSteps { get; set; } = true;

    /// <summary>
    /// Whether the messages of errors in pipelines are told; default false: only where and of what kind they were. Values of secrets that the step has
    /// read are replaced in any case; whatever else an exception's message holds leaves the host.
    /// </summary>
    public bool TellErrors { get; set; }

    /// <summary>How long one attempt may take, 100 ms to 1 min; default 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What is missing or out of its range; of the address the scheme at most.</summary>
    internal IEnumerable<string> Problems()
    {
        if (Url is not { IsAbsoluteUri: true })
        {
            yield return $"{nameof(Url)} is missing or relative. Set it to the receiver's absolute address, as in https://example.org/api/v1/lineage.";
        }
        else if (Url.Scheme != Uri.UriSchemeHttps && (Url.Scheme != Uri.UriSchemeHttp || !AllowHttp))
        {
            yield return $"{nameof(Url)} must be https, is {Url.Scheme}. For http set {nameof(AllowHttp)} where the network is trusted.";
        }
        else if (Url.UserInfo.Length > 0)
        {
            yield return $"{nameof(Url)} must carry no user information; use {nameof(ApiKey)}.";
        }

        if (string.IsNullOrWhiteSpace(Namespace))
        {
            yield return $"{nameof(Namespace)} is empty.";
        }

        if (Producer is not { IsAbsoluteUri: true })
        {
            yield return $"{nameof(Producer)} must be an absolute URI.";
        }

        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(1))
        {
            yield return $"{nameof(Timeout)} must be 100 ms to 1 min, is {Timeout}.";
        }
    }
}
