import { buildSchema } from 'graphql';
import { deploymentStates, pullRequestStates } from './github-records.ts';

/** The part of GitHub's public schema that is played: names, arguments, defaults and nullability are GitHub's. */
export const githubSchema = buildSchema(`
  scalar DateTime
  scalar GitObjectID
  scalar URI

  type Query {
    repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
    viewer: User!
  }

  type User {
    databaseId: Int
    login: String!
  }

  type Repository {
    deployments(
      after: String
      before: String
      environments: [String!]
      first: Int
      last: Int
      orderBy: DeploymentOrder = { field: CREATED_AT, direction: ASC }
    ): DeploymentConnection!
    name: String!
    nameWithOwner: String!
    object(expression: String, oid: GitObjectID): GitObject
    pullRequest(number: Int!): PullRequest
  }

  interface GitObject {
    abbreviatedOid: String!
    oid: GitObjectID!
  }

  type Commit implements GitObject {
    abbreviatedOid: String!
    oid: GitObjectID!
    tree: Tree!
  }

  type Tree implements GitObject {
    abbreviatedOid: String!
    oid: GitObjectID!
  }

  type PullRequest {
    closed: Boolean!
    closedAt: DateTime
    headRefOid: GitObjectID!
    merged: Boolean!
    mergedAt: DateTime
    number: Int!
    state: PullRequestState!
  }

  enum PullRequestState { ${pullRequestStates.join(' ')} }

  type DeploymentConnection {
    edges: [DeploymentEdge]
    nodes: [Deployment]
    pageInfo: PageInfo!
    totalCount: Int!
  }

  type DeploymentEdge {
    cursor: String!
    node: Deployment
  }

  type PageInfo {
    endCursor: String
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
  }

  type Deployment {
    createdAt: DateTime!
    databaseId: Int
    environment: String
    latestEnvironment: String
    latestStatus: DeploymentStatus
    payload: String
    state: DeploymentState
  }

  enum DeploymentState { ${deploymentStates.join(' ')} }

  type DeploymentStatus {
    environment: String
    environmentUrl: URI
    logUrl: URI
    state: DeploymentStatusState!
  }

  enum DeploymentStatusState { ERROR FAILURE INACTIVE IN_PROGRESS PENDING QUEUED SUCCESS WAITING }

  input DeploymentOrder {
    direction: OrderDirection!
    field: DeploymentOrderField!
  }

  enum DeploymentOrderField { CREATED_AT }

  enum OrderDirection { ASC DESC }
`);
