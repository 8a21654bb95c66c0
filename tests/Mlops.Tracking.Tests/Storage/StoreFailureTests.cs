using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Storage;

public sealed class StoreFailureTests
{
    private const string Secret = "hunter2";

    [TestCase("22001", false, ExpectedResult = true, Description = "a value is too long")]
    [TestCase("23503", false, ExpectedResult = true, Description = "what it refers to is not there")]
    [TestCase("23503", true, ExpectedResult = false, Description = "and yet it may pass")]
    [TestCase("28P01", false, ExpectedResult = false, Description = "the password is wrong")]
    [TestCase("42501", false, ExpectedResult = false, Description = "a right is missing")]
    [TestCase("53100", false, ExpectedResult = false, Description = "the disk is full")]
    [TestCase("2", false, ExpectedResult = false)]
    [TestCase(null, false, ExpectedResult = false)]
    public bool A_database_refuses_a_batch_where_it_is_the_data(string? state, bool isTransient) =>
        StoreFailure.IsRefusal(new StorageException(Secret, new Failure(state)) { IsTransient = isTransient });

    [Test]
    public void A_store_refuses_a_batch_where_it_says_so_and_for_no_other_reason()
    {
        Assert.That(StoreFailure.IsRefusal(new BatchRefusedException("r", "400")), Is.True);
        Assert.That(StoreFailure.IsRefusal(new ArgumentException(Secret)), Is.True);
        foreach (Exception other in (Exception[])
        [
            new StorageException(Secret), new RunNotFoundException("r"), new IOException(Secret), new HttpRequestException(Secret), new ObjectDisposedException("database"),
            new OperationCanceledException(), new TimeoutException(), new InvalidOperationException(Secret),
        ])
        {
            Assert.That(StoreFailure.IsRefusal(other), Is.False, other.GetType().Name);
        }
    }

    [Test]
    public void A_failure_is_described_by_types_and_statuses_without_any_message()
    {
        (Exception Failure, string Description)[] cases =
        [
            (new StorageException(Secret, new Failure("28P01")), "StorageException < Failure 28P01"),
            (new StorageException(Secret, new Failure(null)) { IsTransient = true }, "StorageException (transient) < Failure 7"),
            (new StorageException(Secret, new SocketException((int)SocketError.ConnectionRefused)) { IsTransient = true, OutcomeUnknown = true }, "StorageException (outcome unknown) < SocketException ConnectionRefused"),
            (new BatchRefusedException("r", "400 RULE", new HttpRequestException(Secret, null, HttpStatusCode.BadRequest)), "BatchRefusedException 400 RULE < HttpRequestException 400"),
            (new InvalidOperationException(Secret), "InvalidOperationException"),
        ];

        Assert.That(cases.Select(static failure => StoreFailure.Describe(failure.Failure)), Is.EqualTo(cases.Select(static failure => failure.Description)));
    }

    private sealed class Failure(string? state) : DbException(Secret)
    {
        public override string? SqlState => state;

        public override int ErrorCode => 7;
    }
}
