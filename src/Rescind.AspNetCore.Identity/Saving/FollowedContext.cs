using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>Lets every DbContext that the application registers be followed, in whatever order it registers things.</summary>
internal sealed class FollowedContext<TContext>(
    SaveFollower saves, TransactionFollower transactions) : IDbContextOptionsConfiguration<TContext>
    where TContext : DbContext
{
    public void Configure(IServiceProvider serviceProvider, DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.AddInterceptors(saves, transactions);
}
