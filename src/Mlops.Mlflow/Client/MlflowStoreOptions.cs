namespace Mlops.Mlflow;

/// <summary>The MLflow server that a tracker keeps its runs on. Section <c>Mlops:Tracking:Mlflow</c> where <c>UseMlflow</c> is called.</summary>
public sealed class MlflowStoreOptions
{
    internal const int SmallestAnswerBytes = 64 * 1024;
    internal const int DefaultAnswerBytes = 256 * 1024 * 1024;
    internal const int LargestAnswerBytes = 1024 * 1024 * 1024;

    /// <summary>The server's address, for example <c>http://localhost:5000</c>; without user name and password. Required, unless the <see cref="HttpClient"/> has it.</summary>
    public Uri? BaseAddress { get; set; }

    /// <summary>A bearer token; null for none. Never logged, and sent to this server alone.</summary>
    public string? Token { get; set; }

    /// <summary>The user name of basic authentication, which goes with <see cref="Password"/>; null for none.</summary>
    public string? UserName { get; set; }

    /// <summary>The password of basic authentication; null for none. Never logged, and sent to this server alone.</summary>
    public string? Password { get; set; }

    /// <summary>Whether a token or a password may go to another machine without encryption. Default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>
    /// How often a request is sent at most when the server cannot be reached or says that it is busy. 1 to 10, default 4. What handles log
    /// is repeated beyond that for <see cref="Mlops.Tracking.TrackingOptions.RetryDuration"/>.
    /// </summary>
    public int MaximumAttempts { get; set; } = 4;

    /// <summary>The longest wait between two attempts, also where the server's <c>Retry-After</c> asks for more. 0 to 10 min, default 30 s.</summary>
    public TimeSpan MaximumRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest answer that is read, in bytes; files are not meant. 65 536 to 1 GiB, default 256 MiB, which hold the points of a metric by the
    /// million. A longer one is a <see cref="MlflowException"/>.
    /// </summary>
    public int MaximumAnswerBytes { get; set; } = DefaultAnswerBytes;
}
